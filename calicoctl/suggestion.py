"""Suggestions for misspelled words in messages: ` (did you mean 'x'?)`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_MIN_LENGTHS = (3, 9)
"""Minimum lengths of a word for one edit and for two edits: `audit` does not mean `edit`."""
_MIN_LENGTH_OF_ANY_EDIT = 6
"""Minimum length of a word with any type of edit. Replacing a letter of a shorter word makes another word: `exit`."""
_MAX_LENGTH = 300
"""Maximum length of a word that can be a misspelling. Names have up to 253 characters."""


def suggestion(word: str, known: Iterable[str] | Mapping[str, str]) -> str:
    """Return ` (did you mean 'x'?)` with the known word that the word misspells, or an empty text.

    The misspelling may have a different case and separators. It begins with the same letter, and has one edit, or
    two if it is long. In a short word, an edit is a missing letter, a repeated one, a swap of neighbors, or a plural.
    A word with other digits has another meaning: `icmpv4` does not mean `icmpv6`. If several words are equally
    similar, none is suggested. A word that begins only one known word is short for it: `hist`.

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
    max_edits = sum(len(simple) >= length for length in _MIN_LENGTHS)
    best, best_edits = set[str](), max_edits
    for name, replacement in words.items():
        other = simplify_word(name)
        if simple != other and not (_digits(simple) == _digits(other) and _have_same_start(simple, other)):
            continue
        edits = _count_edits(simple, other, best_edits)
        if edits < best_edits:
            best, best_edits = {replacement}, edits
        elif edits == best_edits:
            best.add(replacement)
    if not best and len(simple) >= _MIN_LENGTHS[0]:
        best = {replacement for name, replacement in words.items() if simplify_word(name).startswith(simple)}
    return best.pop() if len(best) == 1 else None


def simplify_word(word: str) -> str:
    """Return a word without differences of case and separators: `nat_outgoing` and `natOutgoing` are equal."""
    return re.sub("[-_ ]", "", word).lower()


def _digits(word: str) -> str:
    return re.sub("[^0-9]", "", word)


def _have_same_start(word: str, other: str) -> bool:
    """Return whether the first letters are equal or swapped: users rarely misspell the first one."""
    return word[:1] == other[:1] or word[:2] == other[1::-1]


def _count_edits(word: str, known: str, limit: int) -> int:
    """Return the number of edits, of which some count as too many in a short word; `limit` + 1 if it is higher."""
    if abs(len(word) - len(known)) > limit:
        return limit + 1
    unlikely_edit = 1 if len(word) >= _MIN_LENGTH_OF_ANY_EDIT else limit + 1
    before, row = [0] * (len(known) + 1), list(range(len(known) + 1))
    for index, character in enumerate(word):
        extra = 1 if _is_repeated(word, index) else unlikely_edit
        next_row = [row[0] + extra]
        for column, other in enumerate(known):
            replaced = row[column] + (character != other and unlikely_edit)
            edits = min(row[column + 1] + extra, next_row[column] + 1, replaced)
            if index and column and character == known[column - 1] and word[index - 1] == other:
                edits = min(edits, before[column - 1] + 1)
            next_row.append(edits)
        before, row = row, next_row
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def _is_repeated(word: str, index: int) -> bool:
    """Return whether the letter repeats the one before it, or is the ending of a plural."""
    return word[index - 1 : index] == word[index] or word[index:] == "s"
