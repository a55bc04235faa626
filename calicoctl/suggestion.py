"""Suggestions for misspelled words in messages: ` (did you mean 'x'?)`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_MAX_EDITS = 2
_MIN_LENGTH_OF_TWO_EDITS = 5
"""Minimum length of a word for two edits. Shorter words are similar to many others."""
_MAX_LENGTH = 300
"""Maximum length of a word that can be a misspelling. Names have up to 253 characters."""


def suggestion(word: str, known: Iterable[str] | Mapping[str, str]) -> str:
    """Return ` (did you mean 'x'?)` with the known word that the word misspells, or an empty text.

    The misspelling may have a different case and separators, and at most two edits. A word with other digits has
    another meaning: `icmpv4` does not mean `icmpv6`. If several words are equally similar, none is suggested.

    Args:
        word: the unknown word.
        known: the known words. The keys of a mapping are known words, and its values the words to suggest for them.
    """
    replacement = correct_word(word, known)
    return "" if replacement is None else f" (did you mean {replacement!r}?)"


def correct_word(word: str, known: Iterable[str] | Mapping[str, str]) -> str | None:
    """Return the word of `suggestion`, or None."""
    words = known if isinstance(known, Mapping) else {name: name for name in known}
    if len(word) > _MAX_LENGTH or not (simple := simplify_word(word)):
        return None
    max_edits = _MAX_EDITS if len(simple) >= _MIN_LENGTH_OF_TWO_EDITS else len(simple) // 3
    best, best_edits = set[str](), max_edits
    for name, replacement in words.items():
        other = simplify_word(name)
        if _digits(simple) != _digits(other):
            continue
        edits = _count_edits(simple, other, best_edits)
        if edits < best_edits:
            best, best_edits = {replacement}, edits
        elif edits == best_edits:
            best.add(replacement)
    return best.pop() if len(best) == 1 else None


def simplify_word(word: str) -> str:
    """Return a word without differences of case and separators: `nat_outgoing` and `natOutgoing` are equal."""
    return re.sub("[-_ ]", "", word).lower()


def _digits(word: str) -> str:
    return re.sub("[^0-9]", "", word)


def _count_edits(left: str, right: str, limit: int) -> int:
    """Return the number of insertions, deletions, replacements and swaps of neighbors; `limit` + 1 if it is higher."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before, row = [0] * (len(right) + 1), list(range(len(right) + 1))
    for index, character in enumerate(left):
        next_row = [index + 1]
        for column, other in enumerate(right):
            edits = min(row[column + 1] + 1, next_row[column] + 1, row[column] + (character != other))
            if index and column and character == right[column - 1] and left[index - 1] == other:
                edits = min(edits, before[column - 1] + 1)
            next_row.append(edits)
        before, row = row, next_row
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)
