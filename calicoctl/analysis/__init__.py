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

from calicoctl.analysis.build import policy_set, stand_in
from calicoctl.analysis.manifests import from_manifests
from calicoctl.analysis.model import Endpoint, Origin, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.parties import EVERYWHERE, Party
from calicoctl.analysis.relation import Analysis, Block
from calicoctl.analysis.services import EVERYTHING, Service, ServiceSet, of_protocol

__all__ = [
    "EVERYTHING",
    "EVERYWHERE",
    "Analysis",
    "Block",
    "Endpoint",
    "Origin",
    "Party",
    "Policy",
    "PolicySet",
    "Profile",
    "Rule",
    "Service",
    "ServiceSet",
    "from_manifests",
    "of_protocol",
    "policy_set",
    "stand_in",
]
