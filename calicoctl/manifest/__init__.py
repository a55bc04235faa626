"""Manifests: parser of YAML and JSON with positions (`load`), and writer (`writer.to_yaml`, `writer.to_json`)."""

from calicoctl.manifest.document import Document
from calicoctl.manifest.documents import Manifest, load, read_nodes
from calicoctl.manifest.lazy_positions import LazyPositions
from calicoctl.manifest.lines import PositionRequiredError
from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode, SequenceNode
from calicoctl.manifest.sources import Source, read_sources, skipped_directories, skipped_files

__all__ = [
    "Document",
    "LazyPositions",
    "Manifest",
    "MappingNode",
    "Node",
    "PositionRequiredError",
    "ScalarNode",
    "SequenceNode",
    "Source",
    "load",
    "read_nodes",
    "read_sources",
    "skipped_directories",
    "skipped_files",
]
