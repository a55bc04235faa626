"""Sources to what is to be said of their documents: in one go, or piece by piece where there is much to read.

Piece by piece takes less memory, and several processes can do it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from calicoctl.errors import Problem
from calicoctl.kinds import KINDS
from calicoctl.manifest import Document, Source, load
from calicoctl.operations.progress import Progress, counted, silent

Verdict = TypeVar("Verdict")
Judge = Callable[[list[Document]], Verdict]
"""Says something of documents, of each by itself."""

_Outcome = tuple[list[Problem], Verdict]

_MUCH = 200_000
"""So many characters (300 policies) take longer to read than it takes to share the work."""
_LONGEST_PIECE = 1_000_000
"""So many characters are read at once, so that their trees (25 MiB) are gone before the next ones grow."""
_ROUNDS = 4
"""So many pieces each process gets at least, so that all of them end at about the same time."""


def judged(
    sources: Sequence[Source], judge: Judge[Verdict], *, at_once: bool = False, progress: Progress = silent
) -> tuple[list[Problem], list[Verdict]]:
    """What is wrong with the texts of sources, and the verdicts on their documents: one, or one on each piece.

    With `at_once` it is one: a verdict that holds on to the documents can't come from another process.
    """
    if at_once or sum(len(source.text) for source in sources) < _MUCH:
        outcomes = [_judge(sources, judge)]
    else:
        outcomes = _judged_in_pieces(sources, judge, progress)
    return [problem for problems, _ in outcomes for problem in problems], [verdict for _, verdict in outcomes]


def _judge(sources: Sequence[Source], judge: Judge[Verdict]) -> _Outcome[Verdict]:
    manifest = load(sources, [kind.name for kind in KINDS])
    return manifest.problems, judge(manifest.documents)


def _judged_in_pieces(sources: Sequence[Source], judge: Judge[Verdict], progress: Progress) -> list[_Outcome[Verdict]]:
    from calicoctl.manifest.parting import in_groups, pieces_of
    from calicoctl.operations.sharing import shared, workers

    def work(part: tuple[Sequence[Source], Progress]) -> list[_Outcome[Verdict]]:
        return [_judge([piece], judge) for piece in counted(part[0], "reading", part[1], every=1)]

    count = workers()
    length = sum(len(source.text) for source in sources) // (count * _ROUNDS)
    pieces = list(pieces_of(sources, min(length, _LONGEST_PIECE)))
    parts = [(group, silent if index else progress) for index, group in enumerate(in_groups(pieces, count))]
    outcomes = [outcome for answer in shared(work, parts) for outcome in answer]
    if len(pieces) > len(sources) and any(problems for problems, _ in outcomes):
        return [_judge(sources, judge)]  # what is wrong with a text, only the whole of it can tell
    return outcomes
