"""The fields in which two manifests differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def differing_fields(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """The paths at which two values differ, such as `spec.ingress[0].action`; lists of other length as a whole."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys((*one, *other)):
            yield from differing_fields(one.get(name), other.get(name), f"{path}.{name}" if path else name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differing_fields(left, right, f"{path}[{index}]")
    elif one != other:
        yield path
