"""Writer of YAML and JSON.

YAML 1.1 and YAML 1.2 parsers read the same values from its output. It never folds text and sorts keys as calicoctl
1.6.5 does. The dumper of PyYAML has none of these properties and takes ten times as long.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from calicoctl.manifest.nodes import single_quote
from calicoctl.printable import BIDIRECTIONAL_CONTROLS

_SPECIAL = rf"\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff{BIDIRECTIONAL_CONTROLS}"
"""Characters that YAML forbids or reads as line breaks, or that change the order of the text on a terminal."""
_PLAIN_TEXT = re.compile(rf"[A-Za-z_/(.<][^\x00-\x1f\xa0{_SPECIAL}]*")
_INDICATOR = re.compile(r": | #|:$| $")
_RESERVED_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "=", "<<"])
_NUMBER = re.compile(
    r"""[-+]?(?:
        [0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?   # decimal, octal of YAML 1.1, float
      | \.[0-9_]+(?:[eE][-+]?[0-9]+)?
      | 0[xXbBoO][0-9a-fA-F_]+
      | [0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?      # base 60
      | \.(?:inf|Inf|INF|nan|NaN|NAN)
    )|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*                   # a date
    """,
    re.VERBOSE,
)
_DIGIT_START = re.compile(r"[0-9+\-.][0-9A-Za-z_./:+-]*")
_UNPRINTABLE = re.compile(f"[{_SPECIAL}]")
_BLOCK_TEXT = re.compile(rf"[^\x00-\x08\x0b-\x1f\t{_SPECIAL}]*")
_DIGITS = re.compile(r"(\d+)")


def to_yaml(documents: list[Any], show_number: Callable[[float], str] = repr) -> str:
    """Return a YAML sequence of values with sorted keys; `show_number` formats floats and ints."""
    if not documents:
        return "[]\n"
    lines: list[str] = []
    _write_sequence(documents, "", lines, show_number)
    return "\n".join(lines) + "\n"


def to_yaml_documents(documents: list[dict[str, Any]], show_number: Callable[[float], str] = repr) -> str:
    """Return YAML documents, one for each mapping, with sorted keys and `---` between them."""
    texts: list[str] = []
    for document in documents:
        lines: list[str] = []
        _write_value(document, "", lines, show_number)
        texts.append("\n".join(lines) + "\n")
    return "---\n".join(texts)


def to_yaml_document(fields: Iterable[tuple[str, Any]], show_number: Callable[[float], str] = repr) -> str:
    """Return a YAML document, with these fields in this order and sorted keys inside them."""
    lines = ["---"]
    for name, value in fields:
        _write_value({name: value}, "", lines, show_number)
    return "\n".join(lines) + "\n"


def to_json(documents: list[Any]) -> str:
    """Return a JSON array with unsorted keys, indented by two spaces, with HTML characters escaped as in Go."""
    return _escape_html(json.dumps(documents, indent=2, ensure_ascii=False))


def to_json_line(document: Any) -> str:
    """Return the JSON of a value in one line, with the escapes of `to_json`."""
    return _escape_html(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def _escape_html(text: str) -> str:
    text = _escape_unprintable(text)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e") + "\n"


def _write_sequence(items: list[Any], indent: str, lines: list[str], show_number: Callable[[float], str]) -> None:
    """Write the items, each after a dash; the first line of a mapping follows the dash."""
    for item in items:
        if item and isinstance(item, (dict, list)):
            start = len(lines)
            _write_value(item, indent + "  ", lines, show_number)
            lines[start] = f"{indent}- {lines[start][len(indent) + 2 :]}"
        else:
            lines.append(f"{indent}- {_format_scalar(item, indent, show_number)}")


def _write_value(value: Any, indent: str, lines: list[str], show_number: Callable[[float], str]) -> None:
    if isinstance(value, list):
        _write_sequence(value, indent, lines, show_number)
        return
    for key in sorted(value, key=yaml_key_order):
        part = value[key]
        label = f"{indent}{_format_key(key)}:" if len(key) <= 128 else f"{indent}? {_double_quote(key)}\n{indent}:"
        if part and isinstance(part, dict):
            lines.append(label)
            _write_value(part, indent + "  ", lines, show_number)
        elif part and isinstance(part, list):
            lines.append(label)
            _write_sequence(part, indent, lines, show_number)
        else:
            lines.append(f"{label} {_format_scalar(part, indent, show_number)}")


def _format_scalar(value: Any, indent: str, show_number: Callable[[float], str]) -> str:
    if isinstance(value, str):
        return _format_block(value, indent) if "\n" in value else _format_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return show_number(value)
    return "{}" if isinstance(value, dict) else "[]"


def _format_key(key: str) -> str:
    return _format_text(key) if "\n" not in key else _double_quote(key)


def _format_text(text: str) -> str:
    """Return a plain scalar if every parser reads the same text, else a quoted one."""
    if text.lower() in _RESERVED_WORDS or not text or _NUMBER.fullmatch(text):
        return _double_quote(text)
    plain = _PLAIN_TEXT.fullmatch(text) or _DIGIT_START.fullmatch(text)
    if plain and not _INDICATOR.search(text) and not text.startswith(("---", "...")) and text != "-":
        return text
    if _UNPRINTABLE.search(text) or any(character < " " for character in text):
        return _double_quote(text)
    return single_quote(text)


def _double_quote(text: str) -> str:
    """Return a double-quoted scalar with escapes that both YAML and JSON support."""
    return _escape_unprintable(json.dumps(text, ensure_ascii=False))


def _escape_unprintable(text: str) -> str:
    """Escape the special characters of a JSON text."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _format_block(text: str, indent: str) -> str:
    """Return a literal block if it preserves the text, else a double-quoted scalar."""
    lines = text.split("\n")
    if not _BLOCK_TEXT.fullmatch(text) or any(line != line.rstrip() for line in lines) or text[0] in " \n":
        return _double_quote(text)
    if text.endswith("\n\n") or not text.strip("\n"):
        return _double_quote(text)
    chomp = "" if text.endswith("\n") else "-"
    body = "\n".join(f"{indent}  {line}" if line else "" for line in text.rstrip("\n").split("\n"))
    return f"|{chomp}\n{body}"


def yaml_key_order(key: str) -> list[tuple[int, int, str]]:
    """Return the sort key of a key: numbers by value, punctuation before digits before letters, upper case first."""
    return list(_key_order_parts(key))


def _key_order_parts(key: str) -> Iterator[tuple[int, int, str]]:
    for chunk in _DIGITS.split(key):
        if chunk.isdigit() and chunk.isascii():
            digits = chunk.lstrip("0")
            yield 1, len(digits), digits
            yield 1, len(chunk), ""
        else:
            yield from ((2 if character.isalpha() else 0, 0, character) for character in chunk)
