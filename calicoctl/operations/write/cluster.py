"""The state of the datastore as a whole: ready, bare or locked, and the layout that its policies have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from calicoctl.datastore import Entry, Guard, Range, Snapshot, Write
from calicoctl.errors import Refused
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.policy import LEGACY_TIER_PREFIX, POLICY
from calicoctl.storage import CorruptEntryError, StoredKind, StoredResource, decode, encode, new_timestamp, new_uid

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


CLUSTER_KIND = StoredKind("ClusterInformation", "clusterinformations")
CLUSTER_RANGE = Range(CLUSTER_KIND.key("default"))
_TIER_KIND = StoredKind("Tier", "tiers")


_LAST_LEGACY_VERSION = (3, 31)
"""The last version of Calico that stores a policy with its tier before its name."""


STATE_RANGES = (
    CLUSTER_RANGE,
    Range(_TIER_KIND.key("default")),
    Range(POLICY.stored_kind.key(LEGACY_TIER_PREFIX), prefix=True, limit=1, keys_only=True),
    Range(HOST_ENDPOINT.stored_kind.prefix, prefix=True, limit=1, keys_only=True),
)
"""What to read, before anything else, to know the state."""


@dataclass(frozen=True)
class State:
    """What the ranges of `STATE_RANGES` have shown."""

    cluster: StoredResource | None
    tier: Entry | None
    legacy_layout: bool
    """Whether new policies are stored in the layout of Calico 3.31 and earlier."""
    has_hosts: bool = False
    """Whether there are host endpoints."""
    cluster_entry: Entry | None = None
    """The entry that holds the cluster."""

    @property
    def guid(self) -> str | None:
        """What names the cluster; None in a bare store."""
        return str(self.cluster.spec.get("clusterGUID") or "") if self.cluster else None

    @property
    def guard(self) -> Guard:
        """The guard that makes a lock count which somebody sets meanwhile."""
        return Guard(CLUSTER_KIND.key("default"), self.cluster.revision if self.cluster else 0)

    def check_unlocked(self) -> None:
        """Raise Refused when somebody has locked the datastore (`calicoctl datastore migrate lock`)."""
        if self.cluster and self.cluster.spec.get("datastoreReady") is False:
            raise Refused(
                f"the datastore is locked: datastoreReady is false in {CLUSTER_KIND.key('default')} "
                "(calicoctl 3.x unlocks it: calicoctl datastore migrate unlock)"
            )

    def initialisation(self) -> Iterator[Write]:
        """The writes that a bare store needs besides: the agent waits for the first, Calico 3.29 wants the second."""
        if self.cluster is None:
            spec = {"clusterGUID": new_uid().replace("-", ""), "datastoreReady": True}
            yield _create_default(CLUSTER_KIND, spec, {})
        if self.tier is None:
            yield _create_default(_TIER_KIND, {"order": 1000000, "defaultAction": "Deny"}, {"status": {}})


def _create_default(kind: StoredKind, spec: dict[str, Any], extra: dict[str, Any]) -> Write:
    metadata = {"name": "default", "uid": new_uid(), "creationTimestamp": new_timestamp()}
    stored = StoredResource(kind.key("default"), metadata, spec, 0, extra)
    return Write(stored.key, encode(stored, kind), 0)


def state_from_snapshot(snapshot: Snapshot) -> State:
    """The state that a snapshot shows which began with `STATE_RANGES`.

    Raises:
        Refused: when the entry that holds the lock can't be read.
    """
    clusters, tiers, legacy, hosts = snapshot.entries_by_range[: len(STATE_RANGES)]
    cluster = decode_cluster(clusters)
    version = cluster.spec.get("calicoVersion", "") if cluster else ""
    entry = clusters[0] if clusters else None
    return State(cluster, tiers[0] if tiers else None, bool(legacy) or _is_legacy(str(version)), bool(hosts), entry)


def _is_legacy(version: str) -> bool:
    match = re.match(r"v?(\d+)\.(\d+)", version)
    return bool(match) and (int(match[1]), int(match[2])) <= _LAST_LEGACY_VERSION if match else False


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
