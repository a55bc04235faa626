"""How wide text will be, and text that fits: nothing measures fonts here, so it is a careful guess."""

from __future__ import annotations

_NARROW = frozenset("iljtfrI.,:;'|!/()[] ")
_WIDE = frozenset("mwMW@%\N{HORIZONTAL ELLIPSIS}")
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def width(text: str, size: float) -> float:
    """The width of a text in a usual sans-serif font of this size."""
    return size * sum(map(_share, text))


def _share(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.9
    if ord(character) > 0x2E7F:  # CJK and beyond: as wide as high
        return 1.0
    return 0.72 if character.isupper() else 0.6


def fitted(text: str, size: float, most: float) -> str:
    """The text, or the beginning of it that is no wider."""
    if width(text, size) <= most:
        return text
    while text and width(text + _ELLIPSIS, size) > most:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS


def lines(text: str, size: float, most: float, count: int) -> list[str]:
    """The text in lines that are no wider, and not more than so many; the last one is shortened."""
    found: list[str] = []
    for word in _words(text):
        if found and width(found[-1] + word, size) <= most:
            found[-1] += word
        else:
            found.append(word.lstrip())
    whole = found[: count - 1]
    rest = "".join(_words(text))[len("".join(whole)) :] if len(found) > count else ""
    shown = [*whole, rest.strip()] if rest else found
    return [fitted(line.rstrip(), size, most) for line in shown]


def _words(text: str) -> list[str]:
    """The pieces that a line may end behind: at blanks, and after a comma or a slash within long words."""
    pieces: list[str] = [""]
    for character in text:
        if character == " " and pieces[-1]:
            pieces.append("")
        pieces[-1] += character
        if character in ",;/" and len(pieces[-1]) > 6:
            pieces.append("")
    return [piece for piece in pieces if piece]
