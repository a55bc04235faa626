"""What becomes of one packet, told rule by rule: the same way that the agent goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.evaluation.stages import (
    DefaultDecision,
    EffectivePolicies,
    Stage,
    final_default,
    resolve_stages,
)
from calicoctl.analysis.model.policy_set import Direction, Endpoint, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.trace.packet_match import CriterionMismatch, Packet, first_mismatch


class TriedRule(NamedTuple):
    """A rule that was tried, and the first of its criteria that does not hold; None means that it matches."""

    rule: Rule
    mismatch: CriterionMismatch | None


@dataclass(frozen=True)
class TriedPolicy:
    """A policy or a profile on the way."""

    kind: Literal["untracked", "preDNAT", "policies", "profile"]
    owner: Policy | Profile | None
    """None for a profile that does not exist."""
    name: str
    """What to call it: `policy/db`."""
    reached: bool
    rules: tuple[TriedRule, ...] = ()
    """Those that were tried: none behind the one that decides."""


@dataclass(frozen=True)
class DirectionTrace:
    """One direction: egress of the source, or ingress of the destination."""

    direction: Direction
    endpoint: Endpoint | None
    """Whose policy is asked; None outside, where none is."""
    tried: tuple[TriedPolicy, ...]
    decided_by: Rule | DefaultDecision
    """What decides."""
    action: Literal["allow", "deny"]


class Explainer:
    """Tells what becomes of packets under a set of policies."""

    def __init__(self, policy_set: PolicySet) -> None:
        self._policy_set = policy_set
        self._policy_resolver = PolicyResolver(policy_set)

    def trace_direction(self, endpoint: Endpoint | None, direction: Direction, packet: Packet) -> DirectionTrace:
        """What the policies and profiles of an endpoint make of a packet that it sends or is sent."""
        if endpoint is None:
            return DirectionTrace(direction, None, (), DefaultDecision.OUTSIDE, "allow")
        policies = self._policy_resolver.resolve(endpoint).effective_policies.policies
        effective_policies = EffectivePolicies(policies, endpoint.profiles, endpoint.host)
        pipeline = resolve_stages(effective_policies, self._policy_set.profiles, direction)
        replay = _RuleWalk(packet)
        tried = tuple(step for stage in pipeline for step in replay.run(stage))
        return DirectionTrace(direction, endpoint, tried, replay.decided_by or final_default(pipeline), replay.action)


class _RuleWalk:
    """A packet on its way through the stages."""

    def __init__(self, packet: Packet) -> None:
        self._packet = packet
        self.decided_by: Rule | DefaultDecision | None = None
        self.action: Literal["allow", "deny"] = "deny"

    def run(self, stage: Stage) -> Iterator[TriedPolicy]:
        """Try what a stage has; what comes behind the decision, or behind a `pass`, is not reached."""
        is_passed = False
        if stage.missing_profile:
            yield TriedPolicy(stage.kind, None, f"profile/{stage.missing_profile}", not self.decided_by)
            self.decided_by = self.decided_by or DefaultDecision.MISSING
        for owner in stage.owners:
            name = str(owner.identifier)
            if self.decided_by or is_passed:
                yield TriedPolicy(stage.kind, owner, name, reached=False)
                continue
            rules = tuple(self._try_rules(owner.rules(stage.direction)))
            yield TriedPolicy(stage.kind, owner, name, reached=True, rules=rules)
            last = rules[-1] if rules else None
            is_passed = last is not None and last.mismatch is None and last.rule.action == "pass"
        if stage.denies and not is_passed:
            self.decided_by = self.decided_by or DefaultDecision.POLICIES

    def _try_rules(self, rules: tuple[Rule, ...]) -> Iterator[TriedRule]:
        for rule in rules:
            mismatch = first_mismatch(rule, self._packet)
            yield TriedRule(rule, mismatch)
            if mismatch is None and rule.action in {"allow", "deny"}:
                self.decided_by, self.action = rule, "allow" if rule.action == "allow" else "deny"
            if mismatch is None and rule.action != "log":
                return
