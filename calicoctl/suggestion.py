"""Suggestions for misspelled words in messages: ` (did you mean 'x'?)`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def suggestion(word: str, known: Iterable[str] | Mapping[str, str], *, cutoff: float = 0.6) -> str:
    """Return ` (did you mean 'x'?)` for the known word that is most similar to a word; empty if none is similar.

    Args:
        word: the unknown word; case does not matter.
        known: the valid words. The value of a mapping is suggested for its key.
        cutoff: minimum similarity from 0 to 1, as in `difflib.get_close_matches`.
    """
    import difflib

    words = known if isinstance(known, Mapping) else {name: name for name in known}
    words_by_lower = {name.lower(): better for name, better in words.items()}
    matches = difflib.get_close_matches(word.lower(), words_by_lower, n=1, cutoff=cutoff)
    return f" (did you mean '{words_by_lower[matches[0]]}'?)" if matches else ""
