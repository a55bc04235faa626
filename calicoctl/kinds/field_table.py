"""Tables of the fields that v1 and v3 share. A new field is one row of a table and its schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Converter = Callable[[Any], Any]


class FieldConversion(NamedTuple):
    """Names and conversions of one field. Converters never get an empty value; None leaves the value as it is."""

    name: str
    """Name in v1."""
    v3_name: str | None
    """Name in v3; None if the value is stored in another field."""
    normalize: Converter | None = None
    """Converter from a value of the right type to its normal form. It accepts values that only v3 has."""
    to_v3: Converter | None = None
    """Converter from the normal form to the v3 value."""
    from_v3: Converter | None = None
    """Converter from the v3 value to the normal form; default `normalize`, so that spellings do not matter."""
    default: Any = None
    """Value in the normal form of a resource without the field; None omits the field."""


class FieldTable:
    """Conversions of all fields of a mapping, in the order of v3. Empty values are omitted."""

    v3_names: tuple[str, ...]
    """v3 names of the fields, in their order."""
    renamed: dict[str, str]
    """v1 name to v3 name where these differ."""
    same_values: dict[str, str]
    """v1 name to v3 name of the fields with the same values in v1 and v3."""

    def __init__(self, *fields: FieldConversion) -> None:
        self.v3_names = tuple(field.v3_name for field in fields if field.v3_name)
        self.renamed = {field.name: field.v3_name for field in fields if field.v3_name not in (None, field.name)}
        self.same_values = {field.name: field.v3_name for field in fields if field.v3_name and not field.to_v3}
        self._normalize = [(field.name, field.name, field.normalize, field.default) for field in fields]
        self._to_v3 = [(field.name, field.v3_name, field.to_v3, None) for field in fields if field.v3_name]
        self._from_v3 = [
            (field.v3_name, field.name, field.from_v3 or field.normalize, field.default)
            for field in fields
            if field.v3_name
        ]

    def normalize(self, mapping: Mapping[str, Any]) -> dict[str, Any]:
        """Return the normal form of a mapping in a valid v1 manifest."""
        return _convert(mapping, self._normalize)

    def to_v3(self, mapping: Mapping[str, Any]) -> dict[str, Any]:
        """Return the v3 form of a v1 mapping in normal form."""
        return _convert(mapping, self._to_v3)

    def from_v3(self, mapping: Mapping[str, Any]) -> dict[str, Any]:
        """Return the v1 normal form of a v3 mapping, without fields that the table does not contain."""
        return _convert(mapping, self._from_v3)


def is_empty(value: Any) -> bool:
    """Whether v1 omits the value: None, False, and empty text, lists and mappings. 0 is a value."""
    return not value and (value != 0 or value is False)


def without_empty(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mapping without its empty values, see `is_empty`."""
    return {key: value for key, value in mapping.items() if value or not is_empty(value)}


def _convert(mapping: Mapping[str, Any], rows: list[tuple[str, str, Converter | None, Any]]) -> dict[str, Any]:
    result = {}
    for source_name, name, convert, default in rows:
        value = mapping.get(source_name)
        if convert and not is_empty(value):
            value = convert(value)
        if value or not is_empty(value):
            result[name] = value
        elif default is not None:
            result[name] = default
    return result
