"""Sources: encodings, directories, and files that can't be read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from pathlib import Path

import pytest

from calicoctl.manifest import Source, load, read_sources
from tests.support.documents import A

# --- bytes -------------------------------------------------------------------------------------------------

BYTES = [
    (b"x: \xc3\xa9\n", "x: é\n"),
    (b"\xef\xbb\xbfx: 1\n", "x: 1\n"),
    ("x: é😀\n".encode("utf-16"), "x: é😀\n"),
    (b"\xfe\xff" + "x: é\n".encode("utf-16-be"), "x: é\n"),
    (b"x: 1\r\ny: 2\r\n", "x: 1\r\ny: 2\r\n"),
    (b"", ""),
]


@pytest.mark.parametrize(("data", "text"), BYTES)
def test_encodings(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    assert read_sources([str(path)]) == ([Source(str(path), text)], [])


DECOMPRESS = "| calicoctl COMMAND -f -)"
BAD_BYTES = [
    (gzip.compress(b"x: 1", mtime=0), f" compressed with gzip (write gunzip -c {{}} {DECOMPRESS}"),
    (bz2.compress(b"x: 1"), f" compressed with bzip2 (write bunzip2 -c {{}} {DECOMPRESS}"),
    (lzma.compress(b"x: 1"), f" compressed with xz (write xz -dc {{}} {DECOMPRESS}"),
    (b"\x28\xb5\x2f\xfd\0", f" compressed with zstd (write zstd -dc {{}} {DECOMPRESS}"),
    (b"PK\3\4\n\0", f" compressed with ZIP (write unzip -p {{}} {DECOMPRESS}"),
    ("x: é\n".encode("utf-32"), " the encoding is UTF-32 (save the file as UTF-8)"),
    ("x: 1\n".encode("utf-16-le"), " the encoding is UTF-16-LE without a byte order mark (save the file as UTF-8)"),
    ("x: 1\n".encode("utf-16-be"), " the encoding is UTF-16-BE without a byte order mark (save the file as UTF-8)"),
    (b"\x7fELF\2\0\0\0\xff", " binary data, not text (write a YAML or JSON manifest)"),
    (b"x: \xe9\n", "1:4: byte 0xe9 is not UTF-8 (save the file as UTF-8)"),
    (b"\xef\xbb\xbfa: \xc3\xa9\nb: \xc3\xa9\xff\n", "2:5: byte 0xff is not UTF-8 (save the file as UTF-8)"),
    (b"\xff\xfea\x00\x00", "1:2: byte 0x00 is not UTF-16-LE (save the file as UTF-8)"),
]


@pytest.mark.parametrize(("data", "message"), BAD_BYTES)
def test_bytes_that_are_no_text(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a b.yaml"
    path.write_bytes(data)
    sources, found = read_sources([str(path)])
    assert (sources, [str(problem) for problem in found]) == ([], [f"{path}:{message.replace('{}', repr(str(path)))}"])


@pytest.mark.parametrize(
    ("data", "command"), [(gzip.compress(b"", mtime=0), "gunzip -c"), (b"PK\3\4", "unzip -p FILE")]
)
def test_compressed_standard_input(data: bytes, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    (problem,) = read_sources(["-"])[1]
    assert problem.message.endswith(f"(write {command} {DECOMPRESS}")


def test_columns_are_those_behind_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfx: @\n")
    sources, _ = read_sources([str(path)])
    assert [problem.position[1:] for problem in load(sources, []).problems] == [(1, 4)]


def test_directories_give_their_manifests_by_name(tmp_path: Path) -> None:
    for name in ("b.yml", "a.json", "c.txt", "sub/d.yaml", "z.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert [source.text for source in read_sources([str(tmp_path)])[0]] == ["a.json", "b.yml", "z.yaml"]
    below = read_sources([str(tmp_path)], recursive=True)[0]
    assert sorted(source.text for source in below) == ["a.json", "b.yml", "sub/d.yaml", "z.yaml"]


def test_each_unreadable_source_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.yaml").write_text(A, encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("missing.yaml", "empty", "a.yaml")]
    sources, found = read_sources(paths)
    assert [source.name for source in sources] == [paths[2]]
    assert [str(problem) for problem in found] == [
        f"{paths[0]}: can't be read: No such file or directory",
        f"{paths[1]}: no *.yaml, *.yml, *.json in this directory",
    ]
