"""What still names a resource that is to be deleted: endpoints, peers and address blocks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from calicoctl.datastore import Entry, Guard, Range, Write
from calicoctl.kinds.bgppeer import BGP_PEER
from calicoctl.kinds.hostendpoint import HOST_ENDPOINT
from calicoctl.kinds.names import node_name, profile_name
from calicoctl.kinds.node import NODE
from calicoctl.kinds.profile import PROFILE
from calicoctl.kinds.workloadendpoint import WORKLOAD_ENDPOINT
from calicoctl.operations.lookup import Found, View
from calicoctl.resource import Identifier

_IPAM = "/calico/ipam/v2/"
_AFFINITIES = _IPAM + "host/"
_BLOCKS = _IPAM + "assignment/"
_NODE_BOUND = (HOST_ENDPOINT, WORKLOAD_ENDPOINT, BGP_PEER)
_ENDPOINTS = (HOST_ENDPOINT, WORKLOAD_ENDPOINT)


class Reference(NamedTuple):
    """An entry that names the resource, and how a user knows it."""

    name: str
    entry: Entry

    @property
    def deletion(self) -> Write:
        """The write that deletes it, if it is still as it was read."""
        return Write(self.entry.key, None, self.entry.revision)


def ranges_of_references(identifiers: Iterable[Identifier]) -> list[Range]:
    """What to read besides, to know what names these resources."""
    kinds = {identifier.kind for identifier in identifiers}
    bound = _NODE_BOUND if NODE.name in kinds else _ENDPOINTS if PROFILE.name in kinds else ()
    ranges = [Range(kind.stored_as.prefix, prefix=True) for kind in bound]
    if NODE.name in kinds:
        ranges += [Range(_AFFINITIES, prefix=True), Range(_BLOCKS, prefix=True)]
    return ranges


def guards_of_references(identifiers: Iterable[Identifier], revision: int) -> list[Guard]:
    """Conditions of a transaction: nothing has come, or changed, since a revision that may name these resources."""
    return [Guard(wanted.key, revision, prefix=True) for wanted in ranges_of_references(identifiers)]


def references_to_node(identifier: Identifier, view: View) -> list[Reference]:
    """What names a node: its endpoints, its BGP peers, and the address blocks that are bound to it."""
    node = node_name(identifier.values[0])
    found = [
        Reference(str(hit.resource.identifier), hit.entry)
        for kind in _NODE_BOUND
        for hit in view.all_of(kind)
        if hit.stored and hit.resource and hit.stored.spec.get("node") == node
    ]
    return found + list(_blocks(node, view))


def _blocks(node: str, view: View) -> Iterator[Reference]:
    """Affinities stand under the node's name; the blocks themselves say which host they are bound to."""
    for entry in view.under(f"{_AFFINITIES}{node}/"):
        yield Reference(f"block affinity {entry.key.removeprefix(_AFFINITIES)}", entry)
    for entry in view.under(_BLOCKS):
        try:
            affinity = json.loads(entry.value).get("affinity")
        except (ValueError, AttributeError):
            continue
        if affinity == f"host:{node}":
            yield Reference(f"address block {entry.key.rpartition('/')[2]}", entry)


def endpoints_of_profile(identifier: Identifier, view: View) -> list[Found]:
    """The endpoints that name a profile."""
    name = profile_name(identifier.values[0])
    hits = (hit for kind in _ENDPOINTS for hit in view.all_of(kind))
    return [hit for hit in hits if hit.stored and name in (hit.stored.spec.get("profiles") or ())]
