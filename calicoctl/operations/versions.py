"""What the datastore says about the cluster that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from calicoctl.operations.state import RANGES, state_of

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


class ClusterVersion(NamedTuple):
    """As calico/node has written it; empty when no node has started yet."""

    version: str
    type: str


def cluster_version(datastore: Datastore) -> ClusterVersion:
    """The version and the type of the cluster."""
    cluster = state_of(datastore.read(RANGES)).cluster
    spec = cluster.spec if cluster else {}
    return ClusterVersion(str(spec.get("calicoVersion") or ""), str(spec.get("clusterType") or ""))
