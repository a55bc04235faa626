"""Hints for unknown fields: the field of another place or name, or that v1 has no such field.

A schema of a mapping lists names in two annotations. `otherNames` maps names that other versions of Calico, or other
tools, use to fields of the mapping or of the resource. `laterFields` are names of Calico v3 without a v1 field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from calicoctl.resource import FieldPath, field_path
from calicoctl.schema.store import Schema
from calicoctl.suggestion import correct_word, simplify_word

_ITEMS = "[]"
"""Step of a path into the items of a list."""
_Steps = tuple[str, ...]


class _KnownName(NamedTuple):
    """A name in a schema."""

    place: _Steps
    """Path of the name."""
    target: _Steps | None
    """Path of the field to write; None if v1 has none."""


def unknown_field_hint(root: Schema, mapping_path: FieldPath, name: str) -> str:
    """Return the hint for an unknown field, in parentheses after a space; empty if there is none.

    The name is searched in the whole resource, then among misspelled fields of the same mapping.

    Args:
        root: the schema of the resource.
        mapping_path: path of the mapping with the field.
        name: the name of the field.
    """
    steps = tuple(_ITEMS if isinstance(step, int) else step for step in mapping_path)
    simple_name = simplify_word(name)
    names = [known for known in _known_names(root) if simplify_word(known.place[-1]) == simple_name]
    nearest = _nearest([known for known in names if _is_reachable(known.place, steps)], steps)
    if nearest:
        return _hint_for_names(nearest, steps, mapping_path)
    if known_name := correct_word(name, list(_mapping_schema(root, steps).get("properties", {}))):
        return f" (did you mean {known_name!r}?)"
    inside = [known for known in names if known.place[: len(steps)] == steps]
    return _hint_for_names(inside, steps, mapping_path) if inside else ""


def _known_names(
    schema: Schema, path: _Steps = (), parents: Sequence[tuple[_Steps, Schema]] = ()
) -> Iterator[_KnownName]:
    """Yield the names of all fields in a schema, and their other names."""
    if "items" in schema:
        yield from _known_names(schema["items"], (*path, _ITEMS), parents)
        return
    mappings = ((path, schema), *parents)
    for name, part in schema.get("properties", {}).items():
        yield _KnownName((*path, name), (*path, name))
        yield from _known_names(part, (*path, name), mappings)
    for name, target in schema.get("otherNames", {}).items():
        steps = tuple(target.split("."))
        first = steps[0].partition(":")[0]
        for place, mapping in mappings:
            if first in mapping["properties"]:
                yield _KnownName((*path, name), (*place, *steps))
                break
    for name in schema.get("laterFields", ()):
        if name not in schema["properties"]:
            yield _KnownName((*path, name), None)


def _is_reachable(place: _Steps, mapping: _Steps) -> bool:
    """Whether a name belongs to the same item of a list as the mapping, or to no list."""
    depth = len(mapping) - mapping[::-1].index(_ITEMS) if _ITEMS in mapping else 0
    return place[:depth] == mapping[:depth] and _ITEMS not in place[depth:]


def _nearest(names: Sequence[_KnownName], mapping: _Steps) -> list[_KnownName]:
    """Return the names in the smallest part of the resource that contains the mapping, at the lowest depth."""

    def rank(known: _KnownName) -> tuple[int, int]:
        shared = next(
            (index for index, pair in enumerate(zip(known.place, mapping, strict=False)) if pair[0] != pair[1]),
            min(len(known.place), len(mapping)),
        )
        return -shared, len(known.place)

    best = min(map(rank, names), default=None)
    return [known for known in names if rank(known) == best]


def _hint_for_names(names: Sequence[_KnownName], mapping: _Steps, mapping_path: FieldPath) -> str:
    targets = [known.target for known in names if known.target is not None]
    if not targets:
        return " (not in v1)"
    if len(targets) > 1:
        parents = [_format_path(target[len(mapping) : -1]) for target in targets if target[: len(mapping)] == mapping]
        return f" (write it under {_join(parents)})" if len(parents) == len(targets) else ""
    (target,) = targets
    if target[:-1] == mapping:
        return f" (did you mean {target[-1]!r}?)"
    if len(target) == 1:
        return f" (write {target[0]} at the top level)"
    return f" (did you mean {_format_path(_with_indexes(target, mapping, mapping_path))!r}?)"


def _with_indexes(target: _Steps, mapping: _Steps, mapping_path: FieldPath) -> FieldPath:
    """Return the path with the indexes of the lists that contain the mapping."""
    shared = len(mapping) if target[: len(mapping)] == mapping else 0
    while not shared and mapping and _ITEMS in mapping:
        mapping = mapping[:-1]
        shared = len(mapping) if target[: len(mapping)] == mapping else 0
    return (*mapping_path[:shared], *target[shared:])


def _format_path(path: FieldPath) -> str:
    return field_path(path).replace(f"['{_ITEMS}']", _ITEMS)


def _join(texts: Sequence[str]) -> str:
    return f"{', '.join(texts[:-1])} or {texts[-1]}"


def _mapping_schema(root: Schema, steps: _Steps) -> Schema:
    for step in steps:
        root = root["items"] if step == _ITEMS else root["properties"][step]
    return root
