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
