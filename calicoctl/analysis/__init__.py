"""What traffic a set of policies allows: the exact answer, offline.

::

    found = policy_set(origins)                 v1 resources in normal form to the values of `model`
    analysis = Analysis(found)
    analysis.groups                             addresses that no rule tells apart
    analysis.outcome(group, "egress").hits      which rule decides on what, first match first
    analysis.blocks                             who can talk to whom, as sets of groups and of services
    connectivity(found, Grouping(found))        the same in crowds that have names, of the module `connectivity`

It knows nothing of click, YAML or etcd. The semantics are those of Felix, the agent that enforces the policy.
"""

from calicoctl.analysis.build import policy_set, stand_in
from calicoctl.analysis.model import Endpoint, Origin, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.relation import Analysis, Block

__all__ = [
    "Analysis",
    "Block",
    "Endpoint",
    "Origin",
    "Policy",
    "PolicySet",
    "Profile",
    "Rule",
    "policy_set",
    "stand_in",
]
