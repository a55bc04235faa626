"""Decisions of existing endpoints on traffic with an endpoint that does not exist yet, for all its labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.peer_matcher import PeerMatcher
from calicoctl.analysis.evaluation.rule_services import rule_services
from calicoctl.analysis.evaluation.stages import EffectivePolicies, Stage, resolve_stages
from calicoctl.analysis.exposure.decision_diagram import Diagram
from calicoctl.analysis.exposure.label_space import LabelSpace
from calicoctl.analysis.exposure.new_addresses import NewAddresses
from calicoctl.analysis.exposure.symbolic_match import SymbolicRule, SymbolicStage, allowed_services
from calicoctl.analysis.model.policy_set import Direction, PolicySet, Rule
from calicoctl.analysis.sets.services import ALL_SERVICES


class ExistingEnd(NamedTuple):
    """Policies and matching rules of existing endpoints in one direction; equal if all decisions are equal."""

    effective_policies: EffectivePolicies | None
    """None for non-endpoints."""
    direction: Direction
    version: int
    skipped_rules: frozenset[Rule]
    """Rules whose criteria for the endpoint itself do not match."""


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
        skipped = frozenset(
            rule
            for rule in self._rules(effective, direction)
            if not self._matcher.match(rule.side(peer=False), version) >> address_class.index & 1
        )
        return ExistingEnd(effective, direction, version, skipped)

    def address_sets(self, end: ExistingEnd) -> Iterable[int]:
        """Return the sets of addresses that the rules of an end distinguish."""
        return (
            self._addresses.matching(rule.side(peer=True), end.version)
            for rule in self._rules(end.effective_policies, end.direction)
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
        for rule in stage.rules:
            side = rule.side(peer=True)
            if rule not in end.skipped_rules and self._addresses.matching(side, end.version) & addresses:
                services = rule_services(rule, end.version)
                yield SymbolicRule(rule.action, self._labels.labels_of_side(side), services)

    def _rules(self, effective: EffectivePolicies | None, direction: Direction) -> Iterable[Rule]:
        if effective is None:
            return ()
        return (rule for stage in self._stages_of(effective, direction) for rule in stage.rules)

    def _stages_of(self, effective: EffectivePolicies, direction: Direction) -> Sequence[Stage]:
        key = (effective, direction)
        if key not in self._stages:
            self._stages[key] = resolve_stages(effective, self._profiles, direction)
        return self._stages[key]
