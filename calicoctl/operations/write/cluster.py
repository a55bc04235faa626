"""State of the whole datastore: initialised or bare, locked or not, and the layout of its policies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from calicoctl.datastore import Entry, Guard, Range, Snapshot, Write
from calicoctl.errors import Refused
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.policy import LEGACY_TIER_PREFIX, POLICY, has_legacy_layout
from calicoctl.lazy_dataclass import dataclass
from calicoctl.schema.stored import read_stored, read_stored_object
from calicoctl.schema.v3_kinds import TIER_KIND
from calicoctl.storage import CorruptEntryError, StoredKind, StoredResource, encode, new_timestamp, new_uid

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

CLUSTER_KIND = StoredKind("ClusterInformation", "clusterinformations")
CLUSTER_RANGE = Range(CLUSTER_KIND.key("default"))

_LAYOUT_SAMPLE = 10
"""Number of policies from which the layout is known."""

STATE_RANGES = (
    CLUSTER_RANGE,
    Range(TIER_KIND.key("default")),
    Range(POLICY.stored_kind.key(LEGACY_TIER_PREFIX), prefix=True, limit=_LAYOUT_SAMPLE),
    Range(HOST_ENDPOINT.stored_kind.prefix, prefix=True, limit=1, keys_only=True),
)
"""First ranges of every snapshot for `State.from_snapshot`."""

_LAST_LEGACY_VERSION = (3, 31)
"""Last version of Calico that stores a policy with its tier before its name."""


class ClusterVersion(NamedTuple):
    """Version and type of the cluster as calico/node wrote them; empty before the first node has started."""

    version: str
    type: str


def read_cluster_version(datastore: Datastore) -> ClusterVersion:
    """Read the version and the type of the cluster."""
    cluster = decode_cluster(datastore.read([CLUSTER_RANGE]).entries_by_range[0])
    spec = cluster.spec if cluster else {}
    return ClusterVersion(str(spec.get("calicoVersion") or ""), str(spec.get("clusterType") or ""))


def decode_cluster(entries: Sequence[Entry]) -> StoredResource | None:
    """Decode the entries of `CLUSTER_RANGE`. Return None for a bare datastore.

    Raises:
        Refused: the object, which contains the lock, is unreadable.
    """
    if not entries:
        return None
    key, value, revision = entries[0].key, entries[0].value, entries[0].mod_revision
    try:
        return read_stored_object(CLUSTER_KIND, key, value, revision)
    except CorruptEntryError as error:
        raise Refused(f"{key} {error}: cannot determine whether the datastore is locked") from None


@dataclass(frozen=True)
class State:
    """State of the datastore."""

    cluster: StoredResource | None
    """The object `clusterinformations/default`; None for a bare datastore."""
    tier: Entry | None
    legacy_layout: bool
    """Whether new policies are stored in the layout of Calico 3.31 and earlier."""
    has_hosts: bool = False
    """Whether the datastore contains host endpoints."""
    cluster_entry: Entry | None = None
    """The undecoded entry of `cluster`."""

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot) -> State:
        """Return the state from a snapshot whose first ranges are `STATE_RANGES`.

        Raises:
            Refused: the object with the lock is unreadable.
        """
        clusters, tiers, legacy, hosts = snapshot.entries_by_range[: len(STATE_RANGES)]
        cluster = decode_cluster(clusters)
        version = str(cluster.spec.get("calicoVersion", "")) if cluster else ""
        return cls(
            cluster,
            tiers[0] if tiers else None,
            any(map(_has_legacy_layout, legacy)) or _is_legacy(version),
            bool(hosts),
            clusters[0] if clusters else None,
        )

    @property
    def guid(self) -> str | None:
        """GUID of the cluster; None for a bare datastore."""
        return str(self.cluster.spec.get("clusterGUID") or "") if self.cluster else None

    @property
    def guard(self) -> Guard:
        """Guard of every write: it fails if another client locks the datastore at the same time."""
        return Guard(CLUSTER_KIND.key("default"), self.cluster.revision if self.cluster else 0)

    @property
    def lock_message(self) -> str:
        """Message about the lock of the datastore (`calicoctl datastore migrate lock`); empty without a lock."""
        if self.cluster is None or self.cluster.spec.get("datastoreReady") is not False:
            return ""
        return (
            f"the datastore is locked: datastoreReady is false in {CLUSTER_KIND.key('default')} "
            "(calicoctl 3.x unlocks it: calicoctl datastore migrate unlock)"
        )

    def check_unlocked(self) -> None:
        """Raise Refused if the datastore is locked."""
        if message := self.lock_message:
            raise Refused(message)

    def initialisation(self) -> Iterator[Write]:
        """Yield the additional writes for a bare datastore.

        Felix waits for `clusterinformations/default`. Calico 3.29 requires tier `default`.
        """
        if self.cluster is None:
            spec = {"clusterGUID": new_uid().replace("-", ""), "datastoreReady": True}
            yield _create_default(CLUSTER_KIND, spec, {})
        if self.tier is None:
            yield _create_default(TIER_KIND, {"order": 1000000, "defaultAction": "Deny"}, {"status": {}})


def _is_legacy(version: str) -> bool:
    match = re.match(r"v?(\d+)\.(\d+)", version)
    return match is not None and (int(match[1]), int(match[2])) <= _LAST_LEGACY_VERSION


def _has_legacy_layout(entry: Entry) -> bool:
    """Return whether a policy with the prefix in its key has the legacy layout: Calico 3.32 can have it in the name."""
    try:
        return has_legacy_layout(read_stored(POLICY, entry.key, entry.value, entry.mod_revision))
    except CorruptEntryError:
        return False


def _create_default(kind: StoredKind, spec: dict[str, Any], extra: dict[str, Any]) -> Write:
    metadata = {"name": "default", "uid": new_uid(), "creationTimestamp": new_timestamp()}
    stored = StoredResource(kind.key("default"), metadata, spec, 0, extra)
    return Write(stored.key, encode(stored, kind), 0)
