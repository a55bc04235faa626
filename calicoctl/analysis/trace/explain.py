"""Trace of one packet through the rules, in the order of the agent."""

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
    """Rule that was tried, and its first criterion that does not match; None if the rule matches."""

    rule: Rule
    mismatch: CriterionMismatch | None


@dataclass(frozen=True)
class TriedPolicy:
    """Policy or profile that applies to the endpoint."""

    kind: Literal["untracked", "preDNAT", "policies", "profile"]
    owner: Policy | Profile | None
    """None for a profile that does not exist."""
    name: str
    """Name in messages: `policy/db`."""
    reached: bool
    """Whether no earlier policy or profile decides or passes the packet."""
    rules: tuple[TriedRule, ...] = ()
    """Rules that were tried, up to the one that decides."""


@dataclass(frozen=True)
class DirectionTrace:
    """Trace of one direction: egress of the source, or ingress of the destination."""

    direction: Direction
    endpoint: Endpoint | None
    """Endpoint whose policy decides; None for a non-endpoint, which has no policy."""
    tried: tuple[TriedPolicy, ...]
    decided_by: Rule | DefaultDecision
    action: Literal["allow", "deny"]


class Explainer:
    """Traces packets under a policy set."""

    def __init__(self, policy_set: PolicySet) -> None:
        self._policy_set = policy_set
        self._policy_resolver = PolicyResolver(policy_set)

    def trace_direction(self, packet: Packet, direction: Direction) -> DirectionTrace:
        """Return the decision of the source (egress) or the destination (ingress) on a packet."""
        endpoint = packet.endpoint(direction)
        if endpoint is None:
            return DirectionTrace(direction, None, (), DefaultDecision.OUTSIDE, "allow")
        policies = self._policy_resolver.resolve(endpoint).effective_policies.policies
        effective_policies = EffectivePolicies(policies, endpoint.profiles, endpoint.host)
        stages = resolve_stages(effective_policies, self._policy_set.profiles, direction)
        walk = _RuleWalk(packet)
        tried = tuple(policy for stage in stages for policy in walk.run(stage))
        return DirectionTrace(direction, endpoint, tried, walk.decided_by or final_default(stages), walk.action)


class _RuleWalk:
    """Evaluation of one packet, stage by stage."""

    def __init__(self, packet: Packet) -> None:
        self._packet = packet
        self.decided_by: Rule | DefaultDecision | None = None
        self.action: Literal["allow", "deny"] = "deny"

    def run(self, stage: Stage) -> Iterator[TriedPolicy]:
        """Try the policies or the profile of a stage; those after a decision or a `pass` are not reached."""
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
