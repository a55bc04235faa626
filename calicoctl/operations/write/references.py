"""What still names a resource that is to be deleted: endpoints, peers and address blocks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from calicoctl.datastore import Entry, Guard, Range, Write
from calicoctl.kinds.bgp_peer import BGP_PEER
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.node import NODE
from calicoctl.kinds.profile import PROFILE
from calicoctl.kinds.values.names import v3_node_name, v3_profile_name
from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.resource import Identifier

_IPAM = "/calico/ipam/v2/"
_AFFINITIES = _IPAM + "host/"
_BLOCKS = _IPAM + "assignment/"
_NODE_REFERRERS = (HOST_ENDPOINT, WORKLOAD_ENDPOINT, BGP_PEER)
_ENDPOINT_KINDS = (HOST_ENDPOINT, WORKLOAD_ENDPOINT)


class Reference(NamedTuple):
    """An entry that names the resource, and how a user knows it."""

    name: str
    entry: Entry

    @property
    def deletion(self) -> Write:
        """The write that deletes it, if it is still as it was read."""
        return Write(self.entry.key, None, self.entry.mod_revision)


def reference_ranges(identifiers: Iterable[Identifier]) -> list[Range]:
    """What to read besides, to know what names these resources."""
    kinds = {identifier.kind for identifier in identifiers}
    referrers = _NODE_REFERRERS if NODE.name in kinds else _ENDPOINT_KINDS if PROFILE.name in kinds else ()
    ranges = [Range(kind.stored_kind.prefix, prefix=True) for kind in referrers]
    if NODE.name in kinds:
        ranges += [Range(_AFFINITIES, prefix=True), Range(_BLOCKS, prefix=True)]
    return ranges


def reference_guards(identifiers: Iterable[Identifier], revision: int) -> list[Guard]:
    """Conditions of a transaction: nothing has come, or changed, since a revision that may name these resources."""
    return [Guard(key_range.key, revision, prefix=True) for key_range in reference_ranges(identifiers)]


def references_to_node(identifier: Identifier, view: StoreView) -> list[Reference]:
    """What names a node: its endpoints, its BGP peers, and the address blocks that are bound to it."""
    node = v3_node_name(identifier.values[0])
    references = [
        Reference(str(hit.resource.identifier), hit.entry)
        for kind in _NODE_REFERRERS
        for hit in view.entries_of_kind(kind)
        if hit.stored and hit.resource and hit.stored.spec.get("node") == node
    ]
    return references + list(_block_references(node, view))


def _block_references(node: str, view: StoreView) -> Iterator[Reference]:
    """Affinities stand under the node's name; the blocks themselves say which host they are bound to."""
    for entry in view.entries_under(f"{_AFFINITIES}{node}/"):
        yield Reference(f"block affinity {entry.key.removeprefix(_AFFINITIES)}", entry)
    for entry in view.entries_under(_BLOCKS):
        try:
            affinity = json.loads(entry.value).get("affinity")
        except (ValueError, AttributeError):
            continue
        if affinity == f"host:{node}":
            yield Reference(f"address block {entry.key.rpartition('/')[2]}", entry)


def endpoints_of_profile(identifier: Identifier, view: StoreView) -> list[StoredEntry]:
    """The endpoints that name a profile."""
    name = v3_profile_name(identifier.values[0])
    hits = (hit for kind in _ENDPOINT_KINDS for hit in view.entries_of_kind(kind))
    return [hit for hit in hits if hit.stored and name in (hit.stored.spec.get("profiles") or ())]
