"""Fields of values in etcd v2 to fields of v1 manifests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


class UnsupportedValueError(ValueError):
    """A value that has no v1 manifest with the same effect."""


def read_mapping(value: Any) -> dict[str, Any]:
    """Return a value that must be a mapping; null is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnsupportedValueError(f"{str(value)[:40]!r} is not a mapping")
    return value


def read_list(value: Any) -> list[Any]:
    """Return a value that must be a list; null is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise UnsupportedValueError(f"{str(value)[:40]!r} is not a list")
    return value


def rename(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the non-empty fields under their v1 names."""
    return {name: value[field] for field, name in names.items() if value.get(field) not in (None, "", [], {})}


def check_fields(value: Mapping[str, Any], supported: Collection[str]) -> None:
    """Raise UnsupportedValueError if a field without v1 form has a value: the v1 manifest would have another effect."""
    for field, part in value.items():
        if field not in supported and part not in (None, "", [], {}, False):
            raise UnsupportedValueError(f"the field {field!r} has no v1 form")
