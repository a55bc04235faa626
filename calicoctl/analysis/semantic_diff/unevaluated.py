"""Changed policies and profiles whose effect the comparison does not cover, because they match no compared endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from calicoctl.analysis.model.policy_set import EntityRule, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.semantic_diff.refinement import PartitionSide, Refinement
from calicoctl.resource import Identifier

_Owners = Mapping[Identifier, "Policy | Profile"]


class UnevaluatedChanges(NamedTuple):
    """Policies and profiles that differ between the sides."""

    unapplied: list[Identifier]
    """They apply to no endpoint on either side."""
    unmatched: list[Identifier]
    """They differ in rules with a selector that matches no endpoint."""


def find_unevaluated(refinement: Refinement) -> UnevaluatedChanges:
    """Return the policies and profiles whose change has an unknown effect on other endpoints."""
    sides = (refinement.before, refinement.after)
    applied = {identifier for side in sides for identifier in _applied_owners(side)}
    owners: tuple[_Owners, _Owners] = (_owners(sides[0].policy_set), _owners(sides[1].policy_set))
    changed = [identifier for identifier in {**owners[0], **owners[1]} if _is_changed(identifier, *owners)]
    unapplied = [identifier for identifier in changed if identifier not in applied]
    unmatched = [
        identifier
        for identifier in changed
        if identifier in applied
        if _unmatched_rules(refinement.before, owners[0].get(identifier))
        != _unmatched_rules(refinement.after, owners[1].get(identifier))
    ]
    return UnevaluatedChanges(unapplied, unmatched)


def _owners(policy_set: PolicySet) -> _Owners:
    return {owner.identifier: owner for owner in policy_set.rule_owners}


def _applied_owners(side: PartitionSide) -> Iterator[Identifier]:
    for effective in {address_class.effective_policies for address_class in side.classes}:
        if effective:
            yield from (policy.identifier for policy in effective.policies)
    used_names = {name for endpoint in side.policy_set.endpoints for name in endpoint.profiles}
    yield from (profile.identifier for name, profile in side.policy_set.profiles.items() if name in used_names)


def _is_changed(identifier: Identifier, before: _Owners, after: _Owners) -> bool:
    if identifier not in before or identifier not in after:
        return True
    first, second = before[identifier].origin, after[identifier].origin
    return first.resource.spec != second.resource.spec or first.enforced != second.enforced


def _unmatched_rules(side: PartitionSide, owner: Policy | Profile | None) -> list[Mapping[str, Any]]:
    """Return the rules, as in the manifest, with a selector that matches no endpoint."""
    rules: Iterable[Rule] = owner.all_rules if owner else ()
    return [
        rule.origin.resource.spec[rule.direction][rule.index] for rule in rules if _has_unmatched_selector(side, rule)
    ]


def _has_unmatched_selector(side: PartitionSide, rule: Rule) -> bool:
    return any(entity.selectors and _matches_nothing(side, entity) for entity in (rule.source, rule.destination))


def _matches_nothing(side: PartitionSide, entity: EntityRule) -> bool:
    """Return whether no address matches; False if no endpoint of the side has the rule, so that it is not indexed."""
    if not all(selector in side.selector_index.numbers for selector in entity.effective_selectors):
        return False
    return not any(side.peer_matcher.match(entity, version) for version in (4, 6))
