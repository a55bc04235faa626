"""Decisions of two sides on the same traffic, by the interface of the node that it uses.

Traffic through one interface is gained or lost regardless of the other interfaces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, Literal, NamedTuple

from calicoctl.analysis.evaluation.first_match import ClassDecision, allowed_services
from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Rule, RuleAction
from calicoctl.analysis.sets.services import ServiceSet

Transition = Literal["gained", "lost", "kept"]
"""Change of the decision on traffic: allowed after only, before only, or on both sides."""
AllowedServices = Mapping[int, ServiceSet]
"""Disjoint bitsets of peer classes, each with the services allowed with these peers."""

_ACTIONS: Final[Mapping[Transition, tuple[RuleAction, RuleAction]]] = {
    "gained": ("deny", "allow"),
    "lost": ("allow", "deny"),
    "kept": ("allow", "allow"),
}


class DecidingRules(NamedTuple):
    """Deciding rules, or defaults, of a direction on each side."""

    before: Rule | DefaultDecision
    after: Rule | DefaultDecision


class InterfaceNames(NamedTuple):
    """Names of an interface: in messages, and in the alternatives of the matches of each side."""

    shown: str
    before: str
    after: str


class DecidedTraffic(NamedTuple):
    """Traffic with a transition, and the deciding rules."""

    rules: DecidingRules
    interfaces: tuple[str, ...]
    """Names of the interfaces with this transition; empty if all have it."""
    peers: int
    services: ServiceSet


_InterfaceDecision = tuple[str, Match, Match]
"""Name of an interface, and the matches of both sides for the traffic through it."""


class DecisionPair:
    """Decisions of both sides on the traffic of the same classes in one direction.

    Args:
        before: decision before the change.
        after: decision after it.
        interfaces: interfaces that the traffic may use; without any, the decisions depend on none.
    """

    def __init__(self, before: ClassDecision, after: ClassDecision, interfaces: Sequence[InterfaceNames] = ()) -> None:
        self.before = before
        self.after = after
        self._interfaces = interfaces

    @property
    def depends_on_interface(self) -> bool:
        """Whether the traffic may use several interfaces with different decisions."""
        return bool(self._interfaces)

    @property
    def may_differ(self) -> bool:
        """Whether the sides may allow different traffic."""
        return self.depends_on_interface or self.before.allowed != self.after.allowed

    @cached_property
    def kept(self) -> AllowedServices:
        """Services that an interface allows on both sides."""
        if self._interfaces:
            return allowed_services(
                before._replace(peers=peers, services=services)
                for peers, services, decisions in self._overlaps(self.before.final_matches, self.after.final_matches)
                for _, before, after in decisions
                if before.action == after.action == "allow"
            )
        return _intersect(self.before.allowed, self.after.allowed)

    def decided_traffic(self, transition: Transition) -> Iterator[DecidedTraffic]:
        """Yield the traffic with a transition through some interfaces, with the deciding rules of both sides."""
        before, after = self.before.final_matches, self.after.final_matches
        if not self._interfaces:
            # Most decisions depend on no interface: only the matches with the right actions are combined.
            before_action, after_action = _ACTIONS[transition]
            before, after = _with_action(before, before_action), _with_action(after, after_action)
        for peers, services, decisions in self._overlaps(before, after):
            for rules, interfaces in _rules_of_interfaces(decisions, transition):
                yield DecidedTraffic(rules, interfaces, peers, services)

    def _overlaps(
        self, before_matches: Iterable[Match], after_matches: Sequence[Match]
    ) -> Iterator[tuple[int, ServiceSet, list[_InterfaceDecision]]]:
        """Yield the common peers and services of matches of both sides, with the decisions by interface."""
        for before in before_matches:
            for after in after_matches:
                peers = before.peers & after.peers
                if peers and (services := before.services & after.services):
                    yield peers, services, self._by_interface(before, after)

    def _by_interface(self, before: Match, after: Match) -> list[_InterfaceDecision]:
        if not self._interfaces:
            return [("", before, after)]
        return [(names.shown, before.through(names.before), after.through(names.after)) for names in self._interfaces]


def _with_action(matches: Iterable[Match], action: RuleAction) -> tuple[Match, ...]:
    return tuple(match for match in matches if match.action == action)


def _rules_of_interfaces(
    decisions: Sequence[_InterfaceDecision], transition: Transition
) -> Iterator[tuple[DecidingRules, tuple[str, ...]]]:
    """Yield the deciding rules of a transition, with the names of its interfaces if other interfaces do not have it."""
    changed = {
        name: DecidingRules(before.matched_by, after.matched_by)
        for name, before, after in decisions
        if (before.action, after.action) == _ACTIONS[transition]
    }
    if len(changed) == len(decisions):
        yield next(iter(changed.values())), ()
        return
    for rules in dict.fromkeys(changed.values()):
        yield rules, tuple(name for name, own_rules in changed.items() if own_rules == rules)


def _intersect(before: AllowedServices, after: AllowedServices) -> AllowedServices:
    """Return the services allowed by both."""
    intersection: dict[int, ServiceSet] = {}
    for peers, services in before.items():
        for after_peers, after_services in after.items():
            if (common_peers := peers & after_peers) and (common_services := services & after_services):
                intersection[common_peers] = common_services
    return intersection
