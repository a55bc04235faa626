"""What traffic a set of policies allows: the exact answer, offline.

::

    found = from_manifests(mappings)            v1 manifests to the values of `model`
    analysis = Analysis(found)
    analysis.groups                             addresses that no rule tells apart
    analysis.outcome(group, "egress").hits      which rule decides on what, first match first
    analysis.blocks                             who can talk to whom, as sets of groups and of services
    trace(found, Party(...), Party(...), ...)   what becomes of some traffic and why, of the module `trace`

The packages within answer one question each: `connectivity` who can reach whom, in crowds that have names;
`comparison` what a change opens and closes; `policytests` whether things are as expected; `lint` what is doubtful.
It knows nothing of click, YAML or etcd. The semantics are those of Felix, the agent that enforces the policy.
"""

from calicoctl.analysis.evaluation.reachability import Block, Reachability
from calicoctl.analysis.model.build import build_policy_set, placeholder_endpoint, policy_set_from_manifests
from calicoctl.analysis.model.policy_set import Endpoint, Policy, PolicySet, PolicySource, Profile, Rule
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, Peer
from calicoctl.analysis.sets.services import ALL_SERVICES, Service, ServiceSet, services_of_protocol

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
    "Rule",
    "Service",
    "ServiceSet",
    "build_policy_set",
    "placeholder_endpoint",
    "policy_set_from_manifests",
    "services_of_protocol",
]
