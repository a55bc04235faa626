"""Decisions of the policies and profiles of an endpoint that does not exist yet, for all its labels and profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.address_space import AddressSpace
from calicoctl.analysis.exposure.decision_diagram import Diagram, both
from calicoctl.analysis.exposure.label_space import LabelSpace
from calicoctl.analysis.exposure.new_addresses import NewAddresses
from calicoctl.analysis.exposure.new_ports import services_between
from calicoctl.analysis.exposure.symbolic_match import SymbolicRule, SymbolicStage, allowed_services
from calicoctl.analysis.model.policy_set import Direction, PolicySet, Rule
from calicoctl.analysis.model.source import Tier
from calicoctl.analysis.sets.intervals import Intervals
from calicoctl.analysis.sets.services import NO_SERVICES
from calicoctl.analysis.sets.set_index import containing_sets

NO_PROFILE: Final = ""
"""Placeholder for the name of the profile of an endpoint without a profile."""


class OwnRule(NamedTuple):
    """Rule of a policy or profile that may apply to the new endpoint."""

    rule: Rule
    owner: Tier | str
    """Tier of the policy, or name of the profile."""
    labels: Diagram
    """Labels with which its policy applies."""


class NewEnd(NamedTuple):
    """Rules that match an existing endpoint as the peer; equal if all decisions are equal."""

    direction: Direction
    version: int
    matching_rules: tuple[tuple[int, Intervals | None], ...]
    """Positions among the rules of the direction, with the ports that match at the peer if it has named ports."""


class _MatchingRules(NamedTuple):
    """Rules of a direction with the ports that match at some peers."""

    entries: Sequence[tuple[int, Intervals | None]]
    positions: Sequence[tuple[int, ...]]
    """Positions of the matching entries by class index."""

    def of_class(self, index: int) -> tuple[tuple[int, Intervals | None], ...]:
        """Return the entries that match a class."""
        return tuple(self.entries[position] for position in self.positions[index])


class NewEndEvaluator:
    """Evaluator of the policies of a new endpoint, whose peers are the classes of an address space."""

    def __init__(
        self, policy_set: PolicySet, address_space: AddressSpace, labels: LabelSpace, addresses: NewAddresses
    ) -> None:
        self._labels = labels
        self._addresses = addresses
        self._policy_set = policy_set
        self._space = address_space
        self._rules: dict[Direction, Sequence[OwnRule]] = {}
        self._tiers: dict[Direction, Mapping[Tier, Diagram]] = {}
        self._matching: dict[tuple[Direction, int], _MatchingRules] = {}

    def end_of(self, peer: AddressClass, direction: Direction) -> NewEnd:
        """Return the end of the new endpoint for traffic with a peer.

        Args:
            peer: address class of existing endpoints or non-endpoints.
            direction: direction of the new endpoint: `ingress` for traffic from the peer.
        """
        key = (direction, peer.version)
        if key not in self._matching:
            entries = [
                ((number, ports), classes)
                for number, own in enumerate(self._rules_of(direction))
                for ports, classes in self._space.peer_matcher.match_ports(
                    own.rule.side(peer=True), peer.version
                ).items()
            ]
            positions = containing_sets((classes for _, classes in entries), len(self._space.classes))
            self._matching[key] = _MatchingRules([entry for entry, _ in entries], positions)
        return NewEnd(direction, peer.version, self._matching[key].of_class(peer.index))

    def address_sets(self, end: NewEnd) -> Iterable[int]:
        """Return the sets of addresses of the new endpoint that its rules distinguish."""
        rules = self._rules_of(end.direction)
        return (
            addresses
            for number, _ in end.matching_rules
            for addresses in self._addresses.sets_of(rules[number].rule.side(peer=False), end.version)
        )

    def allowed(self, end: NewEnd, addresses: int) -> dict[Diagram, list[str]]:
        """Return the services that the new endpoint allows, by its labels; each result with the profiles that have it.

        Args:
            end: the end.
            addresses: addresses of the new endpoint that no rule distinguishes.
        """
        rules: dict[Tier | str, list[SymbolicRule]] = {}
        for number, ports in end.matching_rules:
            own = self._rules_of(end.direction)[number]
            if self._addresses.matching(own.rule.side(peer=False), end.version) & addresses:
                rules.setdefault(own.owner, []).append(self._symbolic_rule(own, end, ports, addresses))
        tiers = [
            SymbolicStage(labels, rules.get(tier, ()), tier.denies)
            for tier, labels in self._tiers[end.direction].items()
        ]
        names_by_result: dict[Diagram, list[str]] = {}
        for final, names in self._group_profiles(rules).items():
            allowed = allowed_services(self._labels.builder, tiers, final)
            names_by_result.setdefault(allowed, []).extend(names)
        return names_by_result

    def _symbolic_rule(self, own: OwnRule, end: NewEnd, ports: Intervals | None, addresses: int) -> SymbolicRule:
        side, at_address = own.rule.side(peer=False), self._addresses.selectors_at(addresses)
        labels = self._labels.builder.apply(both, own.labels, self._labels.labels_of_side(side, at_address))
        services = services_between(own.rule, end.version, ports, new_is_source=end.direction == "egress")
        return SymbolicRule(own.rule.action, labels, services)

    def _group_profiles(self, rules: Mapping[Tier | str, Sequence[SymbolicRule]]) -> dict[Diagram, list[str]]:
        """Return the services that profiles allow, each with the names of these profiles."""
        without_rules = (name for name in self._policy_set.profiles if name not in rules)
        groups: dict[Diagram, list[str]] = {NO_SERVICES: [NO_PROFILE, *without_rules]}
        for name in self._policy_set.profiles.keys() & rules.keys():
            stage = SymbolicStage(True, rules[name], denies=False)
            groups.setdefault(allowed_services(self._labels.builder, [stage]), []).append(name)
        return groups

    def _rules_of(self, direction: Direction) -> Sequence[OwnRule]:
        if direction not in self._rules:
            self._rules[direction] = [*self._policy_rules(direction), *self._profile_rules(direction)]
        return self._rules[direction]

    def _policy_rules(self, direction: Direction) -> Iterable[OwnRule]:
        policies = [each for each in self._policy_set.policies if each.is_normal and direction in each.types]
        tiers: dict[Tier, Diagram] = {}
        for tier, members in groupby(policies, lambda policy: policy.tier):
            own = [(policy, self._labels.labels_of(policy.selector)) for policy in members]
            tiers[tier] = self._labels.builder.union(labels for _, labels in own)
            for policy, labels in own:
                for rule in policy.rules(direction):
                    yield OwnRule(rule, tier, labels)
        self._tiers[direction] = tiers

    def _profile_rules(self, direction: Direction) -> Iterable[OwnRule]:
        for name, profile in self._policy_set.profiles.items():
            for rule in profile.rules(direction):
                yield OwnRule(rule, name, True)
