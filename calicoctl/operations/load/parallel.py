"""Work in parts, with forked copies of this process on the other processors: the answer is that of doing it alone.

A copy has all that this process has, and leaves nothing but its answer. What it can't give for whatever reason is done
here once more. No copy outlives the work.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeVar

from calicoctl.errors import Problem
from calicoctl.kinds import KINDS
from calicoctl.manifest import Document, Source, load
from calicoctl.progress import Progress, no_progress, with_progress

Part = TypeVar("Part")


Answer = TypeVar("Answer")


_MAX_PROCESSES = 4
"""So many processes at once, this one included: each further one gains less."""


_THREADS_DIR = Path("/proc/self/task")


def worker_count() -> int:
    """How many processes can share work: 1 where a copy would be of no use, or not safe.

    It is safe only while this process has a single thread: a copy has no other one, but the locks that those held.
    Where threads can't be counted, nothing is known of that.
    """
    if sys.platform != "linux" or not _THREADS_DIR.is_dir() or len(list(_THREADS_DIR.iterdir())) > 1:
        return 1
    return min(_MAX_PROCESSES, len(os.sched_getaffinity(0)))


def fork_map(work: Callable[[Part], Answer], parts: Sequence[Part]) -> list[Answer]:
    """The answers to all parts, in their order; all but the first are looked for by copies of this process.

    Answers have to be such that `pickle` gives them back as they are.
    """
    with contextlib.ExitStack() as stack:
        children = [stack.enter_context(_fork(work, part)) for part in parts[1:]]
        own_results = [work(part) for part in parts[:1]]
        return own_results + [_read_result(copy, work, part) for copy, part in zip(children, parts[1:], strict=True)]


def _read_result(child: BinaryIO, work: Callable[[Part], Answer], part: Part) -> Answer:
    """What a copy says, or what we have to say when it does not."""
    import pickle

    try:
        result: Answer = pickle.load(child)  # noqa: S301 - it comes from ourselves
    except (EOFError, pickle.UnpicklingError):
        return work(part)
    return result


@contextlib.contextmanager
def _fork(work: Callable[[Part], object], part: Part) -> Iterator[BinaryIO]:
    """Start a copy and see to its end, whatever happens here; gives the stream of its answer."""
    read_fd, write_fd = os.pipe()
    pid = -1
    # A Ctrl-C that comes while it is not yet known who is who would be nobody's.
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with contextlib.suppress(OSError):  # no room for another process: then its stream is empty
            pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a copy has nothing to say about it
            signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)
            os.close(read_fd)
            _child_main(work, part, write_fd)
        os.close(write_fd)
        with os.fdopen(read_fd, "rb") as stream:
            signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)
            yield stream
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)
        if pid > 0:
            os.kill(pid, signal.SIGKILL)  # ended or not, it is still ours
            os.waitpid(pid, 0)


def _child_main(work: Callable[[Part], object], part: Part, write_fd: int) -> NoReturn:
    """The life of a copy: what it finds goes into the pipe, and nothing else of it is seen."""
    import pickle

    with contextlib.suppress(BaseException), os.fdopen(write_fd, "wb") as stream:
        stream.write(pickle.dumps(work(part), pickle.HIGHEST_PROTOCOL))
    os._exit(0)


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
    from calicoctl.manifest.split import partition, split_sources

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
