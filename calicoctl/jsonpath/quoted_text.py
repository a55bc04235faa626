r"""Quoted texts in JSONPath templates, with the escapes of Go: `{"\n"}`, `{'\t'}`."""

from __future__ import annotations

import re

from calicoctl.jsonpath.nodes import JsonPathError

_ESCAPE = re.compile(r"\\(?:([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))", re.DOTALL)
_CHARACTERS = {
    **dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True)),
    **{character: character for character in "\\'\""},
}


def unquote(text: str) -> str:
    """Return the text between quotes with its escapes replaced.

    Raises:
        JsonPathError: unknown escape.
    """
    return _ESCAPE.sub(_unescape, text)


def _unescape(match: re.Match[str]) -> str:
    octal, *hexadecimal, character = match.groups()
    digits = next(filter(None, hexadecimal), None)
    if octal or digits:
        code = int(octal, 8) if octal else int(digits or "", 16)
        if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
            return chr(code)
    elif character in _CHARACTERS:
        return _CHARACTERS[character]
    raise JsonPathError(f'unknown escape {match.group()!r} (write \\n, \\t, \\\\, \\" or \\u0000)')
