"""What a check of a kind finds: the path of a field and what is wrong with it."""

from __future__ import annotations

FieldFinding = tuple[tuple["str | int", ...], str]
"""The path of a field within its resource, and what is wrong with it."""
