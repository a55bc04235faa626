"""Merge patches (RFC 7386) on nodes: what comes from the patch keeps its place, and texts stay as typed."""

from __future__ import annotations

from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode


def merge_patch(target: Node, patch: MappingNode) -> MappingNode:
    """The target as the patch changes it; neither of the two is changed.

    Fields of a mapping are merged, null removes a field, anything else takes the place of what was there. A patch
    that is no mapping would take the place of the whole target: that needs no function.
    """
    result = _empty_like(patch)
    pending: list[tuple[MappingNode, Node | None, MappingNode]] = [(result, target, patch)]
    while pending:  # without recursion: a patch may be nested deeply
        merged_mapping, old, new = pending.pop()
        merged_mapping.entries = dict(old.entries) if isinstance(old, MappingNode) else {}
        for name, (key, value) in new.entries.items():
            existing = merged_mapping.get(name)
            if isinstance(value, MappingNode):
                merged = _empty_like(value)
                pending.append((merged, existing, value))
                merged_mapping.entries[name] = (key, merged)
            elif isinstance(value, ScalarNode) and value.is_null:
                merged_mapping.entries.pop(name, None)
            else:
                merged_mapping.entries[name] = (key, value)
    return result


def _empty_like(node: MappingNode) -> MappingNode:
    """An empty mapping that stands where another one does."""
    mapping = MappingNode(node.line, node.column)
    mapping.alias = node.alias
    return mapping
