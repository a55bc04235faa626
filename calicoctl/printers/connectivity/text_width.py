"""Estimated width of text in SVG, and text that fits into a width. No font is measured; estimates are generous."""

from __future__ import annotations

_NARROW_CHARACTERS = frozenset("iljtfrI.,:;'|!/()[] ")
_WIDE_CHARACTERS = frozenset("mwMW@%\N{HORIZONTAL ELLIPSIS}")
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def text_width(text: str, font_size: float) -> float:
    """Return the estimated width in pixels in a sans-serif font of this size."""
    return font_size * sum(map(_character_width, text))


def _character_width(character: str) -> float:
    if character in _NARROW_CHARACTERS:
        return 0.36
    if character in _WIDE_CHARACTERS:
        return 0.9
    if ord(character) > 0x2E7F:  # CJK and later blocks: full width
        return 1.0
    return 0.72 if character.isupper() else 0.6


def truncate_text(text: str, font_size: float, max_width: float) -> str:
    """Return the text, or as much of its start as fits into the width with an ellipsis."""
    if text_width(text, font_size) <= max_width:
        return text
    while text and text_width(text + _ELLIPSIS, font_size) > max_width:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS


def wrap_text(text: str, font_size: float, max_width: float, max_lines: int) -> list[str]:
    """Return the text in lines of at most this width; the last line is truncated if there are more than `max_lines`."""
    wrapped: list[str] = []
    for word in _breakable_pieces(text):
        if wrapped and text_width(wrapped[-1] + word, font_size) <= max_width:
            wrapped[-1] += word
        else:
            wrapped.append(word.lstrip())
    full_lines = wrapped[: max_lines - 1]
    rest = "".join(_breakable_pieces(text))[len("".join(full_lines)) :] if len(wrapped) > max_lines else ""
    shown = [*full_lines, rest.strip()] if rest else wrapped
    return [truncate_text(line.rstrip(), font_size, max_width) for line in shown]


def _breakable_pieces(text: str) -> list[str]:
    """Split the text where a line may end: before spaces, and after a comma, semicolon or slash in long words."""
    pieces: list[str] = [""]
    for character in text:
        if character == " " and pieces[-1]:
            pieces.append("")
        pieces[-1] += character
        if character in ",;/" and len(pieces[-1]) > 6:
            pieces.append("")
    return [piece for piece in pieces if piece]
