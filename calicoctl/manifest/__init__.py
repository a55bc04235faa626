"""Manifests: bytes to documents that know where they stand, and resources to YAML and JSON.

The one place that knows YAML. `load` reads, `to_yaml` and `to_json` write.
"""

from calicoctl.manifest.documents import Document, Manifest, load, read_nodes
from calicoctl.manifest.nodes import Mapping, Node, Scalar, Sequence
from calicoctl.manifest.places import Places
from calicoctl.manifest.sources import Source, read_sources

__all__ = [
    "Document",
    "Manifest",
    "Mapping",
    "Node",
    "Places",
    "Scalar",
    "Sequence",
    "Source",
    "load",
    "read_nodes",
    "read_sources",
]
