"""The word that was most likely meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def suggestion(word: str, known: Iterable[str] | Mapping[str, str], *, cutoff: float = 0.6) -> str:
    """The known word that was most likely meant, as ` (did you mean 'x'?)`; empty when none is near.

    With a mapping its keys are what may have been meant, and its values what to write for them. `cutoff` says how
    near is near, from 0 to 1.
    """
    import difflib

    words = known if isinstance(known, Mapping) else {name: name for name in known}
    words_by_lower = {name.lower(): better for name, better in words.items()}
    matches = difflib.get_close_matches(word.lower(), words_by_lower, n=1, cutoff=cutoff)
    return f" (did you mean '{words_by_lower[matches[0]]}'?)" if matches else ""
