"""Makes broken inputs from valid ones: a seeded mutator of values, tokens, lines and bytes."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import yaml

TOKENS = (
    b"null", b"~", b"true", b"[]", b"{}", b"[[]]", b"{a: b}", b"- ", b"? ", b": ", b"&a ", b"*a", b"!!binary ", b"!x ",
    b"<<: *a", b"|", b">-", b"---\n", b"...\n", b"%YAML 1.1\n", b"\t", b"#", b"'", b'"', b"\\", b"\\u0000", b"\\ud800",
    b"\x00", b"\x1b[2J", b"\x7f", b"\xc2\x9b", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b"\r",
    b"0", b"-1", b"1e999", b"1.5", b"0x1F", b"0o17", b"1_000", b"18446744073709551616", b".inf", b".nan", b"65536",
    b"2001:db8::/129", b"10.0.0.0/33", b"fd00::1%eth0", b"20:21", b"90:80", b"a == 'b' &&", b"has(", b"!!!", b"(" * 60,
    b"all()", b"x" * 300, "\N{SNOWMAN}".encode(), "\U0001f600".encode(), b"[" * 200, b"- " * 100,
)  # fmt: skip
"""Texts that have a meaning somewhere, or that break something."""
_PART_OF_VALUES = 0.7
_PART_OF_JSON = 0.4
_PART_OF_CONTENTS = 0.9
_IDENTITY = ("apiVersion", "kind", "metadata", "name", "spec")
_WORD = re.compile(rb"[\w./:-]+")


_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e300, 2**70, "", " ", "x" * 5000, "\x1b[2J", "\u202e", "\x00", "a == 'b'", "has(",
    "80", "20:21", "10.0.0.0/8", "10.0.0.1/8", "fd00::1", "2001:DB8::/33", "::ffff:1.2.3.4", "tcp", "TCP", "132", 256,
    "allow", "Pass", "*", [], {}, [None], [[]], {"a": None}, {"a": "b"}, {"": ""}, [1, "1"], ["x"] * 40, "a/b", "..",
    "-", {"selector": "all()"},
)  # fmt: skip
"""Values that are right somewhere and wrong elsewhere."""


def mutate(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """Return a document with a few changes: of its values, or of its text.

    Args:
        random: the source of all decisions.
        data: YAML or JSON.
        corpus: other inputs, of which parts are taken.
    """
    documents = _load(data) if random.random() < _PART_OF_VALUES else None
    if documents is not None:
        return _mutate_values(random, documents)
    return mutate_text(random, data, corpus)


def _load(data: bytes) -> list[Any] | None:
    """Return the documents of a text as a tree, or None."""
    try:
        documents: list[Any] = json.loads(json.dumps(list(yaml.load_all(data, yaml.CSafeLoader)), default=str))
    except (yaml.YAMLError, ValueError, RecursionError, AttributeError, TypeError):
        return None
    return documents


def _mutate_values(random: Random, documents: list[Any]) -> bytes:
    change_values(random, documents)
    if random.random() < _PART_OF_JSON and len(documents) == 1:
        return json.dumps(documents[0]).encode()
    return "---\n".join(yaml.dump(document, Dumper=yaml.CSafeDumper) for document in documents).encode()


def change_values(random: Random, documents: list[Any]) -> None:
    """Replace, remove, repeat or rename one to three values of documents, in place."""
    for _ in range(random.choice((1, 1, 2, 3))):
        places = list(_places(documents))
        if not places:
            break
        # A document without its identity is rejected before anything else is read.
        contents = [place for place in places if place[1] not in _IDENTITY and place[0] is not documents]
        parent, step = random.choice(contents if contents and random.random() < _PART_OF_CONTENTS else places)
        change = random.randrange(5)
        if change == 0:
            del parent[step]
        elif change == 1 and isinstance(parent, list):
            parent.insert(random.randint(0, len(parent)), parent[step])
        elif change == 2 and isinstance(parent, dict):
            name = random.choice((str(step).swapcase(), f"{step}s", random.choice(places)[1], ""))
            parent[str(name)] = parent.pop(step)
        else:
            parent[step] = copy.deepcopy(random.choice((random.choice(_VALUES), _value_at(*random.choice(places)))))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each mapping or list with each of its keys or indexes, at any depth."""
    steps = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for step in steps:
        yield value, step
        yield from _places(value[step])


def _value_at(parent: Any, step: Any) -> Any:
    try:
        return parent[step]
    except (KeyError, IndexError):
        return None  # removed by a change before


def mutate_text(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
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
