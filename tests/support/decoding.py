"""Stored values to objects, without the check of the types of their fields."""

from __future__ import annotations

from calicoctl.storage import StoredResource, decode_json, make_stored


def decode(key: str, value: bytes, revision: int) -> StoredResource:
    """The object in a value."""
    return make_stored(key, decode_json(value), revision)
