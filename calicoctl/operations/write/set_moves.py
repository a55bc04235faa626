"""Changes of the set that an object belongs to: refusals and notes."""

from __future__ import annotations

from collections.abc import Iterator


def refused_moves(current_set: str | None, new_set: str | None) -> Iterator[str]:
    """Yield the reason to refuse a write without `--force`: it would take an object from its set."""
    if current_set is not None and new_set != current_set:
        effect = "removes it from the set" if new_set is None else f"moves it to {new_set!r}"
        yield f"belongs to set {current_set!r} (--force {effect})"


def move_notes(current_set: str | None, new_set: str | None) -> Iterator[str]:
    """Yield the note about the change of a stored object."""
    if new_set == current_set:
        return
    if current_set is None:
        yield f"joins set {new_set!r}"
    else:
        yield f"leaves set {current_set!r}" if new_set is None else f"moves from set {current_set!r} to {new_set!r}"
