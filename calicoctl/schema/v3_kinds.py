"""v3 kinds, with and without a v1 form, in manifests and in the datastore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from calicoctl.kinds import KINDS, Kind
from calicoctl.storage import StoredKind

V3_KINDS: Final[Mapping[str, Kind]] = {kind.stored_kind.kind: kind for kind in KINDS}
"""v1 kinds by their v3 name."""
ANALYSIS_COMMANDS: Final = "trace, connectivity, test, lint and diff --semantic"
"""Commands that read manifests of v3 and of Kubernetes, for messages."""

TIER_KIND: Final = StoredKind("Tier", "tiers")
NETWORK_POLICY_KIND: Final = StoredKind("NetworkPolicy", "networkpolicies")
KUBERNETES_POLICY_KIND: Final = StoredKind("KubernetesNetworkPolicy", "kubernetesnetworkpolicies")
"""NetworkPolicy of Kubernetes, which is not in etcd: Calico's controllers store a NetworkPolicy for it."""
GLOBAL_NETWORK_SET_KIND: Final = StoredKind("GlobalNetworkSet", "globalnetworksets")
NETWORK_SET_KIND: Final = StoredKind("NetworkSet", "networksets")
ANALYSED_V3_KINDS: Final = (NETWORK_POLICY_KIND, GLOBAL_NETWORK_SET_KIND, NETWORK_SET_KIND)
"""Kinds that affect traffic, in addition to tiers."""
NETWORK_POLICY_KINDS: Final = (NETWORK_POLICY_KIND, KUBERNETES_POLICY_KIND)
NAMESPACED_V3_KINDS: Final = frozenset((*NETWORK_POLICY_KINDS, NETWORK_SET_KIND))
STAGED_KINDS: Final = (
    StoredKind("StagedGlobalNetworkPolicy", "stagedglobalnetworkpolicies"),
    StoredKind("StagedNetworkPolicy", "stagednetworkpolicies"),
    StoredKind("StagedKubernetesNetworkPolicy", "stagedkubernetesnetworkpolicies"),
)
"""Policies that the agent does not enforce: it only logs their decisions."""
V3_ONLY_KINDS: Final[Mapping[str, StoredKind]] = {
    kind.kind: kind for kind in (*ANALYSED_V3_KINDS, TIER_KIND, *STAGED_KINDS)
}
"""Kinds that the analysis reads and v1 does not have, by name."""
OTHER_KINDS: Final = frozenset(
    (
        "BGPConfiguration",
        "BGPFilter",
        "BlockAffinity",
        "CalicoNodeStatus",
        "ClusterInformation",
        "FelixConfiguration",
        "IPAMConfig",
        "IPAMConfiguration",
        "IPReservation",
        "KubeControllersConfiguration",
    )
)
"""Kinds without a v1 form that do not affect the traffic that policy allows."""
