"""Exact, offline analysis of the traffic that v1 policy allows.

Start with `policy_set_from_manifests`, then use one of::

    trace_traffic(policy_set, source, destination, services)    allowed or denied, and by which rules
    Reachability(policy_set).blocks                             all allowed traffic
    find_lockouts(before, after, targets)                       host endpoints that a change makes unreachable

Packages, each of which imports only those before it: `sets` (addresses, services), `model` (policies, endpoints),
`evaluation` (policy resolver, address classes, first match), `peers` (the two ends of traffic), `trace`, and on top
`connectivity`, `semantic_diff`, `policy_tests`, `lint`, `lockout` and `flows`, then `exposure`. None of them imports
Click, YAML or etcd. The semantics are those of Felix, the Calico agent that enforces policy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from calicoctl.analysis.evaluation.reachability import Block, Reachability
from calicoctl.analysis.model.build import build_policy_set
from calicoctl.analysis.model.placeholder import placeholder_endpoint
from calicoctl.analysis.model.plain_manifests import policy_set_from_manifests
from calicoctl.analysis.model.policy_set import Endpoint, Policy, PolicySet, PolicySource, Profile, Rule
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, Peer
from calicoctl.analysis.sets.bitsets import bit_indexes
from calicoctl.analysis.sets.service_text import format_services
from calicoctl.analysis.sets.services import ALL_SERVICES, Service, ServiceSet, services_of_protocol

if TYPE_CHECKING:
    from calicoctl.analysis.lockout.lost_access import RequiredTarget, find_lockouts
    from calicoctl.analysis.trace.traffic import trace_traffic

__all__ = [
    "ALL_ADDRESSES",
    "ALL_SERVICES",
    "Block",
    "Endpoint",
    "Peer",
    "Policy",
    "PolicySet",
    "PolicySource",
    "Profile",
    "Reachability",
    "RequiredTarget",
    "Rule",
    "Service",
    "ServiceSet",
    "bit_indexes",
    "build_policy_set",
    "find_lockouts",
    "format_services",
    "placeholder_endpoint",
    "policy_set_from_manifests",
    "services_of_protocol",
    "trace_traffic",
]

_LAZY_MODULES = {
    "RequiredTarget": "lockout.lost_access",
    "find_lockouts": "lockout.lost_access",
    "trace_traffic": "trace.traffic",
}


def __getattr__(name: str) -> Any:
    """Import `trace` and `lockout` on first use: other commands start without them."""
    if name not in _LAZY_MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY_MODULES[name]}"), name)
