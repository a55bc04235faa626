"""Evaluation of one packet by the policies and profiles of stages, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from calicoctl.analysis.evaluation.stages import DefaultDecision, Stage, StageKind
from calicoctl.analysis.model.policy_set import Endpoint, Policy, Profile, Rule
from calicoctl.analysis.trace.packet_match import CriterionMismatch, Packet, first_mismatch


class TriedRule(NamedTuple):
    """Rule that was tried, and its first criterion that does not match; None if the rule matches."""

    rule: Rule
    mismatch: CriterionMismatch | None


@dataclass(frozen=True)
class TriedPolicy:
    """Policy or profile that applies to the endpoint, or to a host endpoint on the path of the packet."""

    kind: StageKind
    owner: Policy | Profile | None
    """None for a profile that does not exist."""
    name: str
    """Name in messages: `policy/db`."""
    reached: bool
    """Whether no earlier policy or profile decides or passes the packet."""
    rules: tuple[TriedRule, ...] = ()
    """Rules that were tried, up to the one that decides."""
    host: Endpoint | None = None
    """Host endpoint that the policy applies to; None for the policy of a workload."""
    reply: bool = False
    """Whether the reply was tried, not the packet."""
    discovery: str = ""
    """Message of neighbor discovery that was tried instead of the packet: `ingress of ICMPv6 type 135`."""

    @property
    def allows(self) -> bool:
        """Whether a rule of it allows the packet; on a node with host endpoints, another policy can deny it."""
        last = self.rules[-1] if self.rules else None
        return last is not None and last.mismatch is None and last.rule.action == "allow"


class RuleWalk:
    """Evaluation of one packet, stage by stage.

    Args:
        packet: the packet.
        host: host endpoint whose policy is evaluated; None for a workload.
        reply: whether the packet is a reply.
    """

    def __init__(self, packet: Packet, host: Endpoint | None = None, *, reply: bool = False) -> None:
        self._packet = packet
        self._host = host
        self._reply = reply
        self.decided_by: Rule | DefaultDecision | None = None
        self.action: Literal["allow", "deny"] = "deny"

    def run(self, stage: Stage) -> Iterator[TriedPolicy]:
        """Try the policies or the profile of a stage; those after a decision or a `pass` are not reached."""
        is_passed = False
        if stage.missing_profile:
            name = f"profile/{stage.missing_profile}"
            yield TriedPolicy(stage.kind, None, name, not self.decided_by, (), self._host, self._reply)
            self.decided_by = self.decided_by or DefaultDecision.MISSING
        for owner in stage.owners:
            name = str(owner.identifier)
            is_reached = not (self.decided_by or is_passed)
            rules = tuple(self._try_rules(owner.rules(stage.direction))) if is_reached else ()
            yield TriedPolicy(stage.kind, owner, name, is_reached, rules, self._host, self._reply)
            last = rules[-1] if rules else None
            is_passed = is_passed or (last is not None and last.mismatch is None and last.rule.action == "pass")
        if stage.denies and not is_passed:
            self.decided_by = self.decided_by or stage.default

    def _try_rules(self, rules: tuple[Rule, ...]) -> Iterator[TriedRule]:
        for rule in rules:
            mismatch = first_mismatch(rule, self._packet)
            yield TriedRule(rule, mismatch)
            if mismatch is None and rule.action in {"allow", "deny"}:
                self.decided_by, self.action = rule, "allow" if rule.action == "allow" else "deny"
            if mismatch is None and rule.action != "log":
                return
