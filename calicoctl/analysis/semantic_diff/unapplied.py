"""Changed policies and profiles that apply to no compared endpoint: the comparison does not cover them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calicoctl.analysis.model.policy_set import Policy, PolicySet, Profile
from calicoctl.analysis.semantic_diff.refinement import PartitionSide, Refinement
from calicoctl.resource import Identifier


def find_unapplied(refinement: Refinement) -> list[Identifier]:
    """Return the policies and profiles that differ between the sides and apply to no endpoint on either side."""
    sides = (refinement.before, refinement.after)
    applied = {identifier for side in sides for identifier in _applied_owners(side)}
    before, after = (_owners(side.policy_set) for side in sides)
    changed = (identifier for identifier in {**before, **after} if _is_changed(identifier, before, after))
    return [identifier for identifier in changed if identifier not in applied]


def _owners(policy_set: PolicySet) -> Mapping[Identifier, Policy | Profile]:
    return {owner.identifier: owner for owner in policy_set.rule_owners}


def _applied_owners(side: PartitionSide) -> Iterator[Identifier]:
    for effective in {address_class.effective_policies for address_class in side.classes}:
        if effective:
            yield from (policy.identifier for policy in effective.policies)
    used_names = {name for endpoint in side.policy_set.endpoints for name in endpoint.profiles}
    yield from (profile.identifier for name, profile in side.policy_set.profiles.items() if name in used_names)


def _is_changed(
    identifier: Identifier,
    before: Mapping[Identifier, Policy | Profile],
    after: Mapping[Identifier, Policy | Profile],
) -> bool:
    if identifier not in before or identifier not in after:
        return True
    first, second = before[identifier].origin, after[identifier].origin
    return first.resource.spec != second.resource.spec or first.enforced != second.enforced
