"""Decisions of existing endpoints on traffic with an endpoint that does not exist yet, for all its labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.peer_matcher import PeerMatcher
from calicoctl.analysis.evaluation.rule_criteria import ANY_OWN_SIDE, OwnSide, match_own_side
from calicoctl.analysis.evaluation.stages import EffectivePolicies, Stage, resolve_stages
from calicoctl.analysis.exposure.decision_diagram import Diagram
from calicoctl.analysis.exposure.label_space import LabelSpace
from calicoctl.analysis.exposure.new_addresses import NewAddresses
from calicoctl.analysis.exposure.new_ports import services_between
from calicoctl.analysis.exposure.symbolic_match import SymbolicRule, SymbolicStage, allowed_services
from calicoctl.analysis.model.policy_set import Direction, PolicySet, Rule
from calicoctl.analysis.sets.services import ALL_SERVICES


class ExistingEnd(NamedTuple):
    """Policies and matching rules of existing endpoints in one direction; equal if all decisions are equal."""

    effective_policies: EffectivePolicies | None
    """None for non-endpoints."""
    direction: Direction
    version: int
    own_sides: tuple[tuple[Rule, OwnSide], ...]
    """Results of the criteria of rules for the endpoint itself, if they have any."""


class ExistingEndEvaluator:
    """Evaluator of the policies of existing endpoints; results are cached."""

    def __init__(
        self, policy_set: PolicySet, matcher: PeerMatcher, labels: LabelSpace, addresses: NewAddresses
    ) -> None:
        self._profiles = policy_set.profiles
        self._matcher = matcher
        self._labels = labels
        self._addresses = addresses
        self._stages: dict[tuple[EffectivePolicies, Direction], Sequence[Stage]] = {}

    def end_of(self, address_class: AddressClass, direction: Direction) -> ExistingEnd:
        """Return the end of an address class for traffic to it (ingress) or from it (egress)."""
        version, effective = address_class.version, address_class.effective_policies
        own_sides = (
            (rule, match_own_side(self._matcher, rule.side(peer=False), version, address_class.index))
            for rule in self._rules(effective, direction)
            if not rule.side(peer=False).is_address_independent
        )
        return ExistingEnd(effective, direction, version, tuple(own_sides))

    def address_sets(self, end: ExistingEnd) -> Iterable[int]:
        """Return the sets of addresses that the rules of an end distinguish."""
        return (
            addresses
            for rule in self._rules(end.effective_policies, end.direction)
            for addresses in self._addresses.sets_of(rule.side(peer=True), end.version)
        )

    def allowed(self, end: ExistingEnd, addresses: int) -> Diagram:
        """Return the services that an end allows, by the labels of its peer.

        Args:
            end: the end.
            addresses: addresses of the peer that no rule of the end distinguishes.
        """
        if end.effective_policies is None:
            return ALL_SERVICES
        stages = (
            SymbolicStage(
                True, [*self._symbolic_rules(stage, end, addresses)], stage.denies or bool(stage.missing_profile)
            )
            for stage in self._stages_of(end.effective_policies, end.direction)
        )
        return allowed_services(self._labels.builder, stages)

    def _symbolic_rules(self, stage: Stage, end: ExistingEnd, addresses: int) -> Iterable[SymbolicRule]:
        at_address, own_sides = self._addresses.selectors_at(addresses), dict(end.own_sides)
        for rule in stage.rules:
            side, own = rule.side(peer=True), own_sides.get(rule, ANY_OWN_SIDE)
            if own.matches and self._addresses.matching(side, end.version) & addresses:
                labels = self._labels.labels_of_side(side, at_address)
                services = services_between(rule, end.version, own.ports, new_is_source=rule.direction == "ingress")
                yield SymbolicRule(rule.action, labels, services)

    def _rules(self, effective: EffectivePolicies | None, direction: Direction) -> Iterable[Rule]:
        if effective is None:
            return ()
        return (rule for stage in self._stages_of(effective, direction) for rule in stage.rules)

    def _stages_of(self, effective: EffectivePolicies, direction: Direction) -> Sequence[Stage]:
        key = (effective, direction)
        if key not in self._stages:
            self._stages[key] = resolve_stages(effective, self._profiles, direction)
        return self._stages[key]
