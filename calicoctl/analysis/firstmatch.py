"""What each rule decides: for groups that are governed alike, which services with which peers it is the first to match.

Every rule splits what is undecided into cells: a set of services, and the peers that it is undecided for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from calicoctl.analysis.groups import Group
from calicoctl.analysis.masks import Masks
from calicoctl.analysis.model import Direction, PolicySet, Rule
from calicoctl.analysis.rulesets import services_of
from calicoctl.analysis.services import EVERYTHING, NOTHING, ServiceSet
from calicoctl.analysis.stages import End, Governance, Stage, last_end, stages

Cells = dict[ServiceSet, int]
"""Services, and the groups that each set is meant for; no two sets for one group overlap."""


class Hit(NamedTuple):
    """What comes to a rule, or to an end, and is matched there."""

    by: Rule | End
    action: Literal["allow", "deny", "log", "pass"]
    peers: int
    """The groups at the other end."""
    services: ServiceSet

    @property
    def final(self) -> bool:
        """Whether it decides; `log` and `pass` do not."""
        return self.action in {"allow", "deny"}


@dataclass(frozen=True, eq=False)
class Outcome:
    """What is decided on one direction of groups, which are all that is governed and matched alike."""

    hits: tuple[Hit, ...]
    """In the order in which the rules are tried; the final ones cover every service with every peer once."""
    allowed: Mapping[int, ServiceSet]
    """Peers, and the services that are allowed with each of them; every peer stands in one set at most."""


@dataclass(frozen=True, eq=False)
class _Way:
    """What a packet goes through in one direction of endpoints that are governed alike."""

    stages: tuple[Stage, ...]
    choosy: tuple[Rule, ...]
    """The rules that ask for the address of the endpoint itself."""
    free: bool
    """Whether nobody is asked."""


class Grouped(Protocol):
    """Groups under a policy set, such as a `Universe`."""

    @property
    def policy_set(self) -> PolicySet:
        """Who decides."""

    @property
    def masks(self) -> Masks:
        """Which groups a side of a rule matches."""


class FirstMatch:
    """Outcomes of the groups of a universe; what is governed and matched alike shares one."""

    def __init__(self, universe: Grouped) -> None:
        self._profiles = universe.policy_set.profiles
        self._masks = universe.masks
        self._ways: dict[tuple[Governance | None, Direction], _Way] = {}
        self._outcomes: dict[object, Outcome] = {}

    def outcome(self, group: Group, direction: Direction) -> Outcome:
        """What is decided on traffic to a group (ingress) or from it (egress)."""
        way = self._way(group.governance, direction)
        skipped = frozenset(rule for rule in way.choosy if not self._is_own(rule, group))
        key = (way, group.version, skipped)
        if key not in self._outcomes:
            self._outcomes[key] = self._free(group.version) if way.free else self._decided(way, group.version, skipped)
        return self._outcomes[key]

    def _way(self, governance: Governance | None, direction: Direction) -> _Way:
        key = (governance, direction)
        if key not in self._ways:
            found = stages(governance, self._profiles, direction) if governance else ()
            choosy = (rule for stage in found for rule in stage.rules if not rule.side(peer=False).any_address)
            self._ways[key] = _Way(found, tuple(choosy), governance is None)
        return self._ways[key]

    def _is_own(self, rule: Rule, group: Group) -> bool:
        """Whether a group's own addresses are those that a rule asks for on its own side."""
        return bool(self._masks.matched(rule.side(peer=False), group.version) >> group.index & 1)

    def _free(self, version: int) -> Outcome:
        return _outcome([Hit(End.OUTSIDE, "allow", self._masks.of_version[version], EVERYTHING)])

    def _decided(self, way: _Way, version: int, skipped: frozenset[Rule]) -> Outcome:
        hits: list[Hit] = []
        undecided: Cells = {EVERYTHING: self._masks.of_version[version]}
        for stage in way.stages:
            if not undecided:
                break
            undecided = self._through(stage, version, skipped, undecided, hits)
        hits += _hits(last_end(way.stages), "deny", undecided)
        return _outcome(hits)

    def _through(
        self, stage: Stage, version: int, skipped: frozenset[Rule], undecided: Cells, hits: list[Hit]
    ) -> Cells:
        """Try the rules of a stage; gives what goes on to the next one."""
        if stage.missing:
            hits += _hits(End.MISSING, "deny", undecided)
            return {}
        passed: Cells = {}
        for rule in stage.rules:
            if rule in skipped:
                continue
            peers = self._masks.matched(rule.side(peer=True), version)
            matched, rest = split(undecided, peers, services_of(rule, version))
            hits += _hits(rule, rule.action, matched)
            if rule.action == "log":
                continue
            undecided = rest
            if rule.action == "pass":
                passed = merged(passed, matched)
        if stage.denies:
            hits += _hits(End.POLICIES, "deny", undecided)
            return passed
        return merged(undecided, passed)


def split(cells: Cells, peers: int, services: ServiceSet) -> tuple[Cells, Cells]:
    """What of the cells these services with these peers are, and what is left."""
    if not services:
        return {}, cells
    matched: Cells = {}
    rest: Cells = {}
    for cell, groups in cells.items():
        touched = groups & peers
        common = cell & services if touched else NOTHING
        if not common:
            rest[cell] = rest.get(cell, 0) | groups
            continue
        matched[common] = matched.get(common, 0) | touched
        if groups != touched:
            rest[cell] = rest.get(cell, 0) | groups & ~touched
        if left := cell - services:
            rest[left] = rest.get(left, 0) | touched
    return matched, rest


def merged(one: Cells, other: Cells) -> Cells:
    """The cells of both."""
    together = dict(one)
    for cell, groups in other.items():
        together[cell] = together.get(cell, 0) | groups
    return together


def _hits(by: Rule | End, action: Literal["allow", "deny", "log", "pass"], cells: Cells) -> Iterable[Hit]:
    return [Hit(by, action, groups, services) for services, groups in cells.items()]


def _outcome(hits: Iterable[Hit]) -> Outcome:
    """Put together what is allowed with each peer, however many rules allow a part of it."""
    hits = tuple(hits)
    allowed: dict[int, ServiceSet] = {}
    for hit in hits:
        if hit.action == "allow":
            allowed = _with(allowed, hit.peers, hit.services)
    by_services: Cells = {}
    for peers, services in allowed.items():
        by_services[services] = by_services.get(services, 0) | peers
    return Outcome(hits, {peers: services for services, peers in by_services.items()})


def _with(allowed: dict[int, ServiceSet], peers: int, services: ServiceSet) -> dict[int, ServiceSet]:
    """The services of disjoint sets of peers with more services for some of them."""
    result: dict[int, ServiceSet] = {}
    left = peers
    for known, before in allowed.items():
        common = known & peers
        if known != common:
            result[known & ~common] = before
        if common:
            result[common] = before | services
        left &= ~known
    if left:
        result[left] = services
    return result
