"""Sources to what is to be said of their documents: in one go, or piece by piece where there is much to read.

Piece by piece takes less memory, and several processes can do it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from calicoctl.errors import Problem
from calicoctl.kinds import KINDS
from calicoctl.manifest import Document, Source, load
from calicoctl.operations.progress import Progress, no_progress, with_progress

ProcessorResult = TypeVar("ProcessorResult")
Processor = Callable[[list[Document]], ProcessorResult]
"""Says something of documents, of each by itself."""

_SourceResult = tuple[list[Problem], ProcessorResult]

_MIN_PARALLEL_CHARS = 200_000
"""So many characters (300 policies) take longer to read than it takes to share the work."""
_MAX_CHUNK_CHARS = 1_000_000
"""So many characters are read at once, so that their trees (25 MiB) are gone before the next ones grow."""
_CHUNKS_PER_PROCESS = 4
"""So many pieces each process gets at least, so that all of them end at about the same time."""


def process_documents(
    sources: Sequence[Source],
    processor: Processor[ProcessorResult],
    *,
    in_one: bool = False,
    progress: Progress = no_progress,
) -> tuple[list[Problem], list[ProcessorResult]]:
    """What is wrong with the texts of sources, and the verdicts on their documents: one, or one on each piece.

    With `in_one` it is one: a verdict that holds on to the documents can't come from another process.
    """
    if in_one or sum(len(source.text) for source in sources) < _MIN_PARALLEL_CHARS:
        results = [_process(sources, processor)]
    else:
        results = _process_in_chunks(sources, processor, progress)
    return [problem for problems, _ in results for problem in problems], [verdict for _, verdict in results]


def _process(sources: Sequence[Source], processor: Processor[ProcessorResult]) -> _SourceResult[ProcessorResult]:
    manifest = load(sources, [kind.name for kind in KINDS])
    return manifest.problems, processor(manifest.documents)


def _process_in_chunks(
    sources: Sequence[Source], processor: Processor[ProcessorResult], progress: Progress
) -> list[_SourceResult[ProcessorResult]]:
    from calicoctl.manifest.parting import partition, split_sources
    from calicoctl.operations.sharing import fork_map, worker_count

    def process_group(part: tuple[Sequence[Source], Progress]) -> list[_SourceResult[ProcessorResult]]:
        return [_process([piece], processor) for piece in with_progress(part[0], "reading", part[1], interval=1)]

    count = worker_count()
    length = sum(len(source.text) for source in sources) // (count * _CHUNKS_PER_PROCESS)
    chunks = list(split_sources(sources, min(length, _MAX_CHUNK_CHARS)))
    parts = [(group, no_progress if index else progress) for index, group in enumerate(partition(chunks, count))]
    results = [outcome for answer in fork_map(process_group, parts) for outcome in answer]
    if len(chunks) > len(sources) and any(problems for problems, _ in results):
        return [_process(sources, processor)]  # what is wrong with a text, only the whole of it can tell
    return results
