"""Text of a manifest from its bytes, or the reason why they are not text: compressed, binary or another encoding."""

from __future__ import annotations

import codecs
import shlex

from calicoctl.errors import Position, Problem
from calicoctl.findings import UNREADABLE

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks and encodings. That of UTF-32-LE begins with that of UTF-16-LE."""

_ARCHIVES = (
    (b"\x1f\x8b", "gzip", "gunzip -c"),
    (b"BZh", "bzip2", "bunzip2 -c"),
    (b"\xfd7zXZ\0", "xz", "xz -dc"),
    (b"\x28\xb5\x2f\xfd", "zstd", "zstd -dc"),
    (b"PK\3\4", "ZIP", "unzip -p"),
)
"""First bytes of compressed data, the name of the format, and the command that writes the content to stdout."""

_UTF_8_REMEDY = "save the file as UTF-8"


class DecodingError(Exception):
    """Bytes that are not text."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def decode_text(data: bytes, name: str) -> str:
    """Decode UTF-8, or UTF-16 with a byte order mark (YAML 1.2, 5.2).

    Args:
        data: the bytes.
        name: the name of the source, `-` for standard input.

    Raises:
        DecodingError: the bytes are not text in one of these encodings.
    """
    for first_bytes, archive, command in _ARCHIVES:
        if data.startswith(first_bytes):
            raise _error(Position(name), f"compressed with {archive} (write {_pipeline(command, archive, name)})")
    mark, encoding = next((pair for pair in _BYTE_ORDER_MARKS if data.startswith(pair[0])), (b"", "utf-8"))
    if encoding == "utf-32":
        raise _error(Position(name), f"the encoding is UTF-32 ({_UTF_8_REMEDY})")
    if encoding == "utf-8" and b"\0" in data and (problem := _describe_nulls(data)):
        raise _error(Position(name), problem)
    data = data[len(mark) :]
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding)
        position = Position(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        message = f"byte 0x{data[error.start]:02x} is not {encoding.upper()} ({_UTF_8_REMEDY})"
        raise _error(position, message) from None


def _pipeline(command: str, archive: str, name: str) -> str:
    """Return the commands that decompress a file or standard input, except the options of calicoctl."""
    if name != "-":
        return f"{command} {shlex.quote(name)} | calicoctl COMMAND -f -"
    if archive == "ZIP":  # unzip reads files only
        return f"{command} FILE | calicoctl COMMAND -f -"
    return f"{command} | calicoctl COMMAND -f -"


def _describe_nulls(data: bytes) -> str:
    """Return the problem of data with null bytes: UTF-16, or no text; empty for text with a null character."""
    sample = data[:1000]
    for first, encoding in ((1, "UTF-16-LE"), (0, "UTF-16-BE")):
        if not any(sample[first::2]) and b"\0" not in sample[1 - first :: 2]:
            return f"the encoding is {encoding} without a byte order mark ({_UTF_8_REMEDY})"
    try:
        data.decode()
    except UnicodeDecodeError:
        return "binary data, not text (write a YAML or JSON manifest)"
    return ""


def _error(position: Position, message: str) -> DecodingError:
    return DecodingError(Problem(position, message=message, code=UNREADABLE))
