"""Makes broken inputs from valid ones: a seeded mutator of bytes, lines and tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

TOKENS = (
    b"null", b"~", b"true", b"[]", b"{}", b"[[]]", b"{a: b}", b"- ", b"? ", b": ", b"&a ", b"*a", b"!!binary ", b"!x ",
    b"<<: *a", b"|", b">-", b"---\n", b"...\n", b"%YAML 1.1\n", b"\t", b"#", b"'", b'"', b"\\", b"\\u0000", b"\\ud800",
    b"\x00", b"\x1b[2J", b"\x7f", b"\xc2\x9b", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b"\r",
    b"0", b"-1", b"1e999", b"1.5", b"0x1F", b"0o17", b"1_000", b"18446744073709551616", b".inf", b".nan", b"65536",
    b"2001:db8::/129", b"10.0.0.0/33", b"fd00::1%eth0", b"20:21", b"90:80", b"a == 'b' &&", b"has(", b"!!!", b"(" * 60,
    b"all()", b"x" * 300, "\N{SNOWMAN}".encode(), "\U0001f600".encode(), b"[" * 200, b"- " * 100,
)  # fmt: skip
"""Texts that have a meaning somewhere, or that break something."""
_WORD = re.compile(rb"[\w./:-]+")


def mutate(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """Return the data with one to four changes.

    Args:
        random: the source of all decisions.
        data: a valid input.
        corpus: other valid inputs, of which parts are taken.
    """
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        data = random.choice(_CHANGES)(random, data, corpus)
    return data


def _span(random: Random, data: bytes, longest: int = 40) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.randint(0, longest))


def _replace_bytes(random: Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    start, end = _span(random, data, 3)
    return data[:start] + random.randbytes(random.randint(0, 3)) + data[end:]


def _insert_token(random: Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    start, _ = _span(random, data)
    return data[:start] + random.choice(TOKENS) + data[start:]


def _replace_word(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    words = list(_WORD.finditer(data))
    if not words:
        return random.choice(TOKENS)
    word = random.choice(words)
    others = _WORD.findall(random.choice(corpus)) or [b"x"]
    return data[: word.start()] + random.choice((random.choice(TOKENS), random.choice(others))) + data[word.end() :]


def _delete(random: Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    start, end = _span(random, data)
    return data[:start] + data[end:]


def _repeat(random: Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    start, end = _span(random, data)
    return data[:end] + data[start:end] * random.choice((1, 1, 30)) + data[end:]


def _move_line(random: Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    line = lines.pop(random.randrange(len(lines)))
    indented = random.choice((line, b"  " + line, line.removeprefix(b"  "), b"\t" + line))
    lines.insert(random.randint(0, len(lines)), indented)
    return b"".join(lines)


def _splice(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    other = random.choice(corpus)
    start, end = _span(random, other, 200)
    place, _ = _span(random, data)
    return data[:place] + other[start:end] + data[place:]


def _truncate(random: Random, data: bytes, _corpus: Sequence[bytes]) -> bytes:
    return data[: random.randint(0, len(data))]


_CHANGES: tuple[Callable[[Random, bytes, Sequence[bytes]], bytes], ...] = (
    _replace_bytes,
    _insert_token,
    _insert_token,
    _replace_word,
    _replace_word,
    _replace_word,
    _delete,
    _repeat,
    _move_line,
    _splice,
    _truncate,
)
