"""References to a resource that is to be deleted: from endpoints, BGP peers and IPAM blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from calicoctl.conversion.stored_object import IPAM_PREFIX
from calicoctl.datastore import Entry, Guard, Range, Write
from calicoctl.kinds.bgp_peer import BGP_PEER
from calicoctl.kinds.node import NODE
from calicoctl.kinds.profile import PROFILE
from calicoctl.kinds.values.names import v3_node_name, v3_profile_name
from calicoctl.operations.read.labels import ENDPOINT_KINDS
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.operations.read.query import kind_ranges
from calicoctl.resource import Identifier
from calicoctl.storage import CorruptEntryError, decode_json

_AFFINITIES = f"{IPAM_PREFIX}host/"
_BLOCKS = f"{IPAM_PREFIX}assignment/"
NODE_REFERENCE_PREFIXES = (_AFFINITIES, _BLOCKS)
"""Prefixes of the keys of IPAM that refer to nodes."""
_REFERRING_KINDS = {PROFILE.name: ENDPOINT_KINDS, NODE.name: (*ENDPOINT_KINDS, BGP_PEER)}
"""Kinds that refer to other kinds."""


class Reference(NamedTuple):
    """Entry that refers to a resource."""

    name: str
    """Name as displayed."""
    entry: Entry

    @property
    def deletion(self) -> Write:
        """Write that deletes the entry if it has not changed."""
        return Write(self.entry.key, None, self.entry.mod_revision)


def reference_ranges(identifiers: Iterable[Identifier]) -> list[Range]:
    """Return the ranges of all entries that may refer to these resources."""
    kinds = {identifier.kind for identifier in identifiers}
    referring = {kind.name: kind for name in kinds for kind in _REFERRING_KINDS.get(name, ())}
    ranges = kind_ranges(referring.values())
    if NODE.name in kinds:
        ranges += [Range(prefix, prefix=True) for prefix in NODE_REFERENCE_PREFIXES]
    return ranges


def reference_guards(identifiers: Iterable[Identifier], revision: int) -> tuple[Guard, ...]:
    """Return guards that fail if an entry that may refer to these resources is written after a revision."""
    return tuple(Guard(key_range.key, revision, prefix=True) for key_range in reference_ranges(identifiers))


def references_to(identifier: Identifier, view: StoreView) -> list[Reference]:
    """Return the references to a resource.

    A profile is referred to by endpoints; a node by endpoints, BGP peers and IPAM blocks; other kinds by nothing.
    """
    if identifier.kind == PROFILE.name:
        profile = v3_profile_name(identifier.values[0])
        return [
            Reference(str(endpoint.resource.identifier), endpoint.entry)
            for endpoint in _referring_entries(PROFILE.name, view)
            if endpoint.stored and endpoint.resource and profile in (endpoint.stored.spec.get("profiles") or ())
        ]
    if identifier.kind == NODE.name:
        node = v3_node_name(identifier.values[0])
        references = (
            Reference(str(each.resource.identifier), each.entry)
            for each in _referring_entries(NODE.name, view)
            if each.stored and each.resource and each.stored.spec.get("node") == node
        )
        return [*references, *_block_references(node, view)]
    return []


def users_message(users: Sequence[Reference]) -> str:
    """Return the message about endpoints that use a deleted profile."""
    return f"{len(users)} endpoint{' still uses' if len(users) == 1 else 's still use'} it"


def _referring_entries(kind_name: str, view: StoreView) -> Iterator[StoredEntry]:
    for kind in _REFERRING_KINDS[kind_name]:
        yield from view.entries_of_kind(kind)


def _block_references(node: str, view: StoreView) -> Iterator[Reference]:
    """Yield the block affinities, whose keys contain the node, and the blocks, whose values do."""
    for entry in view.entries_under(f"{_AFFINITIES}{node}/"):
        yield Reference(f"block affinity {entry.key.removeprefix(_AFFINITIES)}", entry)
    for entry in view.entries_under(_BLOCKS):
        try:
            affinity = decode_json(entry.value).get("affinity")
        except CorruptEntryError:
            continue
        if affinity == f"host:{node}":
            yield Reference(f"address block {entry.key.rpartition('/')[2]}", entry)
