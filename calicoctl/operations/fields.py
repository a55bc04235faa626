"""The fields in which two manifests differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def field_differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """The paths at which two values differ, such as `spec.ingress[0].action`; lists of other length as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            yield from field_differences(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (old_item, new_item) in enumerate(zip(old, new, strict=True)):
            yield from field_differences(old_item, new_item, f"{path}[{index}]")
    elif old != new:
        yield path
