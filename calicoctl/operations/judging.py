"""Sources to what is to be said of their documents: in one go, or part by part where there is much to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from calicoctl.errors import Problem
from calicoctl.kinds import KINDS
from calicoctl.manifest import Document, Source, load

Verdict = TypeVar("Verdict")
Judge = Callable[[list[Document]], Verdict]
"""Says something of documents, of each by itself."""

_Outcome = tuple[list[Problem], Verdict]

_MUCH = 200_000
"""So many characters (300 policies) take longer to read than it takes to share the work."""


def judged(sources: Sequence[Source], judge: Judge[Verdict], *, alone: bool) -> tuple[list[Problem], list[Verdict]]:
    """What is wrong with the texts of sources, and the verdicts on their documents: one, or one on each part.

    With `alone` it is one: a verdict that holds on to the documents can't come from another process.
    """
    if alone or sum(len(source.text) for source in sources) < _MUCH:
        outcomes = [_judge(sources, judge)]
    else:
        outcomes = _judged_in_parts(sources, judge)
    return [problem for problems, _ in outcomes for problem in problems], [verdict for _, verdict in outcomes]


def _judged_in_parts(sources: Sequence[Source], judge: Judge[Verdict]) -> list[_Outcome[Verdict]]:
    from calicoctl.manifest.parting import parted
    from calicoctl.operations.sharing import shared, workers

    outcomes = shared(lambda part: _judge(part, judge), parted(sources, workers()))
    if len(outcomes) > 1 and any(problems for problems, _ in outcomes):
        return [_judge(sources, judge)]  # what is wrong with a text, only the whole of it can tell
    return outcomes


def _judge(sources: Sequence[Source], judge: Judge[Verdict]) -> _Outcome[Verdict]:
    manifest = load(sources, [kind.name for kind in KINDS])
    return manifest.problems, judge(manifest.documents)
