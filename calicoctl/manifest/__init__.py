"""Manifests: bytes to documents that know where they stand, and resources to YAML and JSON.

The one place that knows YAML. `load` reads, `to_yaml` and `to_json` write.
"""

from calicoctl.manifest.documents import Document, Manifest, load, read_nodes
from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode, SequenceNode
from calicoctl.manifest.positions import LazyPositions
from calicoctl.manifest.sources import Source, read_sources

__all__ = [
    "Document",
    "LazyPositions",
    "Manifest",
    "MappingNode",
    "Node",
    "ScalarNode",
    "SequenceNode",
    "Source",
    "load",
    "read_nodes",
    "read_sources",
]
