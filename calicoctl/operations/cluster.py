"""The cluster that the datastore belongs to, as calico/node and the tools of v3 describe it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.datastore import Entry, Range
from calicoctl.errors import Refused
from calicoctl.storage import CorruptEntryError, StoredKind, StoredResource, decode

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

CLUSTER_KIND = StoredKind("ClusterInformation", "clusterinformations")
CLUSTER_RANGE = Range(CLUSTER_KIND.key("default"))


class ClusterVersion(NamedTuple):
    """As calico/node has written it; empty when no node has started yet."""

    version: str
    type: str


def read_cluster_version(datastore: Datastore) -> ClusterVersion:
    """The version and the type of the cluster."""
    cluster = decode_cluster(datastore.read([CLUSTER_RANGE]).entries_by_range[0])
    spec = cluster.spec if cluster else {}
    return ClusterVersion(str(spec.get("calicoVersion") or ""), str(spec.get("clusterType") or ""))


def decode_cluster(entries: Sequence[Entry]) -> StoredResource | None:
    """The object that was found under `CLUSTER_RANGE`; None in a bare store.

    Raises:
        Refused: it can't be read, and it is what holds the lock.
    """
    if not entries:
        return None
    key, value, revision = entries[0].key, entries[0].value, entries[0].mod_revision
    try:
        return decode(key, value, revision)
    except CorruptEntryError as error:
        raise Refused(f"{key} {error}: it can't be told whether the datastore is locked") from None
