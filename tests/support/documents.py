"""Parsed YAML and JSON documents as plain values, and the problems found in them."""

from __future__ import annotations

from typing import Any

from calicoctl.kinds import KINDS
from calicoctl.manifest import Source, load
from calicoctl.manifest.documents import Manifest
from calicoctl.manifest.nodes import MappingNode, Node, SequenceNode

POLICY = "{kind: policy, apiVersion: v1, metadata: {name: %s}}"


A, B, C = (POLICY % name for name in "abc")


def parse_documents(text: str, name: str = "a.yaml") -> Manifest:
    return load([Source(name, text)], [kind.name for kind in KINDS])


def problems(text: str, name: str = "a.yaml") -> list[str]:
    return [str(problem) for problem in parse_documents(text, name).problems]


def plain_value(node: Node) -> Any:
    """A node as mappings, lists and texts; quoted texts and those with a tag as a pair."""
    if isinstance(node, MappingNode):
        return {key: plain_value(value) for key, (_, value) in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [plain_value(item) for item in node.items]
    return node.text if node.tag is None else (node.tag, node.text)


def value_of_x(text: str, name: str = "a.yaml") -> Any:
    """Return the value at `x` of a text without problems."""
    manifest = parse_documents(text, name)
    assert manifest.problems == []
    node = manifest.documents[0].node.get("x")
    return None if node is None else plain_value(node)
