"""What becomes of one packet, told rule by rule: the same way that the agent goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from calicoctl.analysis.criteria import Failure, Packet, failure
from calicoctl.analysis.governing import Governing
from calicoctl.analysis.model import Direction, Endpoint, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.stages import End, Governance, Stage, last_end, stages


class TriedRule(NamedTuple):
    """A rule that was tried, and the first of its criteria that does not hold; None means that it matches."""

    rule: Rule
    failure: Failure | None


@dataclass(frozen=True)
class Tried:
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
class Half:
    """One direction: egress of the source, or ingress of the destination."""

    direction: Direction
    endpoint: Endpoint | None
    """Whose policy is asked; None outside, where none is."""
    tried: tuple[Tried, ...]
    by: Rule | End
    """What decides."""
    action: Literal["allow", "deny"]


class Explainer:
    """Tells what becomes of packets under a set of policies."""

    def __init__(self, policy_set: PolicySet) -> None:
        self._policy_set = policy_set
        self._governing = Governing(policy_set)

    def half(self, endpoint: Endpoint | None, direction: Direction, packet: Packet) -> Half:
        """What the policies and profiles of an endpoint make of a packet that it sends or is sent."""
        if endpoint is None:
            return Half(direction, None, (), End.OUTSIDE, "allow")
        policies = self._governing.shape(endpoint).governance.policies
        governance = Governance(policies, endpoint.profiles, endpoint.host)
        way = stages(governance, self._policy_set.profiles, direction)
        walk = _Walk(packet)
        tried = tuple(step for stage in way for step in walk.through(stage))
        return Half(direction, endpoint, tried, walk.by or last_end(way), walk.action)


class _Walk:
    """A packet on its way through the stages."""

    def __init__(self, packet: Packet) -> None:
        self._packet = packet
        self.by: Rule | End | None = None
        self.action: Literal["allow", "deny"] = "deny"

    def through(self, stage: Stage) -> Iterator[Tried]:
        """Try what a stage has; what comes behind the decision, or behind a `pass`, is not reached."""
        passed = False
        if stage.missing:
            yield Tried(stage.kind, None, f"profile/{stage.missing}", not self.by)
            self.by = self.by or End.MISSING
        for owner in stage.owners:
            name = str(owner.identifier)
            if self.by or passed:
                yield Tried(stage.kind, owner, name, reached=False)
                continue
            rules = tuple(self._try(owner.rules(stage.direction)))
            yield Tried(stage.kind, owner, name, reached=True, rules=rules)
            last = rules[-1] if rules else None
            passed = last is not None and last.failure is None and last.rule.action == "pass"
        if stage.denies and not passed:
            self.by = self.by or End.POLICIES

    def _try(self, rules: tuple[Rule, ...]) -> Iterator[TriedRule]:
        for rule in rules:
            fault = failure(rule, self._packet)
            yield TriedRule(rule, fault)
            if fault is None and rule.action in {"allow", "deny"}:
                self.by, self.action = rule, "allow" if rule.action == "allow" else "deny"
            if fault is None and rule.action != "log":
                return
