"""Merge patches (RFC 7386) of node trees. Nodes of the patch keep their positions and texts."""

from __future__ import annotations

from calicoctl.manifest.nodes import MappingNode, Node, is_null


def merge_patch(target: Node, patch: MappingNode) -> MappingNode:
    """Return the patched target; the arguments are not changed.

    Mappings are merged, null removes a field, and any other value replaces the field.
    """
    result = _empty_like(patch)
    pending: list[tuple[MappingNode, Node | None, MappingNode]] = [(result, target, patch)]
    while pending:  # no recursion: a patch may be nested deeply
        merged_mapping, old, new = pending.pop()
        merged_mapping.entries = dict(old.entries) if isinstance(old, MappingNode) else {}
        for name, (key, value) in new.entries.items():
            existing = merged_mapping.get(name)
            if isinstance(value, MappingNode):
                merged = _empty_like(value)
                pending.append((merged, existing, value))
                merged_mapping.entries[name] = (key, merged)
            elif is_null(value):
                merged_mapping.entries.pop(name, None)
            else:
                merged_mapping.entries[name] = (key, value)
    return result


def _empty_like(node: MappingNode) -> MappingNode:
    """Return an empty mapping with the position of another one."""
    mapping = MappingNode(node.line, node.column)
    mapping.alias = node.alias
    return mapping
