"""Merge patches (RFC 7386) on nodes: what comes from the patch keeps its place, and texts stay as typed."""

from __future__ import annotations

from calicoctl.manifest.nodes import Mapping, Node, Scalar


def merge_patch(target: Node, patch: Mapping) -> Mapping:
    """The target as the patch changes it; neither of the two is changed.

    Fields of a mapping are merged, null removes a field, anything else takes the place of what was there. A patch
    that is no mapping would take the place of the whole target: that needs no function.
    """
    result = _like(patch)
    waiting: list[tuple[Mapping, Node | None, Mapping]] = [(result, target, patch)]
    while waiting:  # without recursion: a patch may be nested deeply
        into, old, new = waiting.pop()
        into.entries = dict(old.entries) if isinstance(old, Mapping) else {}
        for name, (key, value) in new.entries.items():
            before = into.get(name)
            if isinstance(value, Mapping):
                merged = _like(value)
                waiting.append((merged, before, value))
                into.entries[name] = (key, merged)
            elif isinstance(value, Scalar) and value.is_null:
                into.entries.pop(name, None)
            else:
                into.entries[name] = (key, value)
    return result


def _like(node: Mapping) -> Mapping:
    """An empty mapping that stands where another one does."""
    mapping = Mapping(node.line, node.column)
    mapping.alias = node.alias
    return mapping
