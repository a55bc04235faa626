"""Reads of files that users name end soon, also for pipes and devices."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from calicoctl import bounded_read
from calicoctl.bounded_read import ReadError, read_bounded


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def read_beside(path: Path, *chunks: bytes, pause: float = 0) -> bytes:
    """Read a named pipe while a thread writes to it."""

    def write() -> None:
        time.sleep(pause)
        with path.open("wb", buffering=0) as file:
            for chunk in chunks:
                file.write(chunk)
                time.sleep(pause)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        return read_bounded(str(path), 2**22, seconds=5)
    finally:
        writer.join()


@pytest.mark.parametrize("chunks", [(), (b"a",), (b"a", b"b"), (b"x" * 3_000_000,)])
@pytest.mark.parametrize("pause", [0, 0.05])
def test_a_named_pipe_is_read_to_its_end(pipe: Path, chunks: tuple[bytes, ...], pause: float) -> None:
    assert read_beside(pipe, *chunks, pause=pause) == b"".join(chunks)


@pytest.mark.parametrize("data", [b"", b"a"])
def test_a_pipe_of_a_shell_whose_writer_has_finished(data: bytes) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, data)
    os.close(theirs)
    assert read_bounded(f"/dev/fd/{ours}", 10, seconds=5) == data
    os.close(ours)


def test_pipes_that_stay_silent(pipe: Path) -> None:
    with pytest.raises(ReadError, match=r"no program wrote to this pipe for 0\.05 seconds"):
        read_bounded(str(pipe), 10, seconds=0.05)
    ours, theirs = os.pipe()
    with pytest.raises(ReadError, match=r"the pipe had no data for 0\.05 seconds"):
        read_bounded(f"/dev/fd/{ours}", 10, seconds=0.05)
    os.close(ours)
    os.close(theirs)


def test_a_size_limit_holds_for_files_and_devices(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse"
    sparse.touch()
    os.truncate(sparse, 2**40)
    for path in (str(sparse), "/dev/zero"):
        with pytest.raises(ReadError, match="larger than 1 MiB"):
            read_bounded(path, 2**20)
    assert read_bounded("/dev/null", 10) == b""


def test_paths_that_are_no_files(tmp_path: Path, pipe: Path) -> None:
    with pytest.raises(IsADirectoryError):
        read_bounded(str(tmp_path), 10)
    for path in (str(pipe), "/dev/zero"):
        with pytest.raises(ReadError, match="not a regular file"):
            read_bounded(path, 10, only_files=True)


def test_no_descriptor_stays_open(tmp_path: Path, pipe: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for path in (tmp_path, pipe, tmp_path / "missing"):
        with pytest.raises(OSError, match=r"pipe|directory"):
            bounded_read.read_bounded(str(path), 10)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
