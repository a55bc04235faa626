"""Parallel processing of documents in forked child processes. The result equals that of a single process.

A child process has the memory of its parent and returns only its result. If it fails, the parent repeats its work. No
child process outlives the call.
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
from calicoctl.manifest import Document, PositionRequiredError, Source, load
from calicoctl.progress import Progress, no_progress, with_progress
from calicoctl.signals import SIGNAL_MESSAGES, raised_signals, restore_default_handlers

Part = TypeVar("Part")
PartResult = TypeVar("PartResult")
ProcessorResult = TypeVar("ProcessorResult")

Processor = Callable[[list[Document]], ProcessorResult]
"""Processes documents, each independently of the others."""

_SourceResult = tuple[list[Problem], ProcessorResult]

_MAX_PROCESSES = 4
"""Maximum number of processes, including this one: each further one saves less time."""

_MIN_PARALLEL_CHARS = 200_000
"""Characters (about 300 policies) from which parallel processing is faster."""

_MAX_CHUNK_CHARS = 1_000_000
"""Characters of a chunk. Its node trees (25 MiB) are freed before the next chunk is parsed."""

_CHUNKS_PER_PROCESS = 4
"""Minimum number of chunks for each process, so that all processes finish at about the same time."""

_THREADS_DIR = Path("/proc/self/task")


def worker_count() -> int:
    """Return the number of processes to use: 1 if a fork is not useful or not safe.

    A fork is safe only in a process with a single thread: the child has no other threads, but the locks that they held.
    Without /proc the number of threads is unknown.
    """
    if sys.platform != "linux" or not _THREADS_DIR.is_dir() or len(list(_THREADS_DIR.iterdir())) > 1:
        return 1
    return min(_MAX_PROCESSES, len(os.sched_getaffinity(0)))


def fork_map(work: Callable[[Part], PartResult], parts: Sequence[Part]) -> list[PartResult]:
    """Process all parts, each but the first one in a child process, and return the results in order.

    Results must be picklable.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(raised_signals())  # the children are killed
        children = [stack.enter_context(_fork(work, part)) for part in parts[1:]]
        own_results = [work(part) for part in parts[:1]]
        return own_results + [_read_result(child, work, part) for child, part in zip(children, parts[1:], strict=True)]


def _read_result(child: BinaryIO, work: Callable[[Part], PartResult], part: Part) -> PartResult:
    """Return the result of a child process. If it has failed, repeat its work."""
    import pickle

    try:
        result: PartResult = pickle.load(child)  # noqa: S301 - written by a child of this process
    except (EOFError, pickle.UnpicklingError):
        return work(part)
    return result


@contextlib.contextmanager
def _fork(work: Callable[[Part], object], part: Part) -> Iterator[BinaryIO]:
    """Start a child process, yield the stream of its result, and end the process in any case."""
    read_fd, write_fd = os.pipe()
    pid = -1
    # Block signals during the fork: neither process has its handler yet.
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNAL_MESSAGES)
    try:
        with contextlib.suppress(OSError):  # process limit: the stream is empty then
            pid = os.fork()
        if pid == 0:
            restore_default_handlers()  # only the parent reports the signal
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
            os.kill(pid, signal.SIGKILL)  # not reaped yet, so the pid is still valid
            os.waitpid(pid, 0)


def _child_main(work: Callable[[Part], object], part: Part, write_fd: int) -> NoReturn:
    """Write the result to the pipe and exit without any other output."""
    import pickle

    with contextlib.suppress(BaseException), os.fdopen(write_fd, "wb") as stream:
        stream.write(pickle.dumps(work(part), pickle.HIGHEST_PROTOCOL))
    os._exit(0)


def process_documents(
    sources: Sequence[Source],
    processor: Processor[ProcessorResult],
    *,
    in_one: bool = False,
    progress: Progress = no_progress,
) -> tuple[list[Problem], list[ProcessorResult]]:
    """Parse sources and process their documents.

    Args:
        sources: the texts.
        processor: processes the documents of a source or of a part of it.
        in_one: whether to use this process only. Required for results that refer to documents.
        progress: called after each part.

    Returns:
        The syntax errors, and one result or one for each part.
    """
    if in_one:
        results = [_process(sources, processor)]
    elif sum(len(source.text) for source in sources) < _MIN_PARALLEL_CHARS:
        results = [_process_drafts(sources, processor)]
    else:
        results = _process_in_chunks(sources, processor, progress)
    return [problem for problems, _ in results for problem in problems], [result for _, result in results]


def _process(sources: Sequence[Source], processor: Processor[ProcessorResult]) -> _SourceResult[ProcessorResult]:
    manifest = load(sources, [kind.name for kind in KINDS])
    return manifest.problems, processor(manifest.documents)


def _process_drafts(sources: Sequence[Source], processor: Processor[ProcessorResult]) -> _SourceResult[ProcessorResult]:
    """Process drafts of the documents; if a position is required, for a problem, process the documents instead."""
    try:
        manifest = load(sources, [kind.name for kind in KINDS], drafts=True)
        return manifest.problems, processor(manifest.documents)
    except PositionRequiredError:
        return _process(sources, processor)


def _process_in_chunks(
    sources: Sequence[Source], processor: Processor[ProcessorResult], progress: Progress
) -> list[_SourceResult[ProcessorResult]]:
    from calicoctl.manifest.split import partition, split_sources

    def process_group(part: tuple[Sequence[Source], Progress]) -> list[_SourceResult[ProcessorResult]]:
        return [_process_drafts([chunk], processor) for chunk in with_progress(part[0], "reading", part[1], interval=1)]

    count = worker_count()
    length = sum(len(source.text) for source in sources) // (count * _CHUNKS_PER_PROCESS)
    chunks = list(split_sources(sources, min(length, _MAX_CHUNK_CHARS)))
    parts = [(group, no_progress if index else progress) for index, group in enumerate(partition(chunks, count))]
    results = [result for group_results in fork_map(process_group, parts) for result in group_results]
    if len(chunks) > len(sources) and any(problems for problems, _ in results):
        return [_process(sources, processor)]  # positions and messages need the complete text
    return results
