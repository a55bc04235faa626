"""Which classes are governed alike on two sides, seen from the words of rules: what is alike need not be worked out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from calicoctl.analysis.comparison.refinement import Face
from calicoctl.analysis.model import Direction, Policy, Profile, Rule, Side
from calicoctl.analysis.stages import Governance, stages
from calicoctl.selector import Selector

_Words = tuple[Any, ...]
"""What a rule says, to be compared."""


class Sameness:
    """Tells which classes go through the same rules on both sides.

    Rules are the same when they say the same, and each selector in them means the same classes on both sides. So a
    yes is sure; a no may mean as well that the same is said in other words.
    """

    def __init__(self, before: Face, after: Face) -> None:
        self._faces = (before, after)
        shifted = frozenset(_shifted(before, after))
        numbers: dict[_Words, int] = {}
        self._wordings = tuple(_Wording(face, str(side), shifted, numbers) for side, face in enumerate(self._faces))
        self._known: dict[tuple[Governance | None, Governance | None, Direction], bool] = {}

    def same(self, number: int, direction: Direction) -> bool:
        """Whether a class goes through the same rules in a direction."""
        one, other = (face.groups[number].governance for face in self._faces)
        key = (one, other, direction)
        if key not in self._known:
            ways = [wording.way(each, direction) for wording, each in zip(self._wordings, (one, other), strict=True)]
            self._known[key] = ways[0] == ways[1]
        return self._known[key]


def _shifted(before: Face, after: Face) -> Iterator[Selector]:
    """The selectors of both sides that select a class on one of them only."""
    selectors = [face.selectors.selectors for face in (before, after)]
    both = set(selectors[0]) & set(selectors[1])
    pairs = {(one.selected_by, other.selected_by) for one, other in zip(before.groups, after.groups, strict=True)}
    for numbers in pairs:
        one, other = (
            {listed[number] for number in some} & both for listed, some in zip(selectors, numbers, strict=True)
        )
        yield from one ^ other


class _Wording:
    """What the rules of one side say; the same words get the same number, of those that both sides share."""

    def __init__(self, face: Face, name: str, shifted: frozenset[Selector], numbers: dict[_Words, int]) -> None:
        self._profiles = face.policy_set.profiles
        self._name = name
        self._shifted = shifted
        self._numbers = numbers
        self._owners: dict[tuple[Policy | Profile, Direction], tuple[int, ...]] = {}

    def way(self, governance: Governance | None, direction: Direction) -> list[_Words] | None:
        """What endpoints go through in a direction, as far as it decides anything."""
        if governance is None:
            return None
        return [
            (
                stage.denies,
                bool(stage.missing),
                *(part for owner in stage.owners for part in self._rules(owner, direction)),
            )
            for stage in stages(governance, self._profiles, direction)
        ]

    def _rules(self, owner: Policy | Profile, direction: Direction) -> tuple[int, ...]:
        key = (owner, direction)
        if key not in self._owners:
            words = (self._rule(rule) for rule in owner.rules(direction) if rule.action != "log")
            self._owners[key] = tuple(self._numbers.setdefault(each, len(self._numbers)) for each in words)
        return self._owners[key]

    def _rule(self, rule: Rule) -> _Words:
        icmp = [each and (each.type, each.code) for each in (rule.icmp, rule.not_icmp)]
        sides = [self._side(side) for side in (rule.source, rule.destination)]
        return (*(getattr(rule, name) for name in _PLAIN), *icmp, *sides)

    def _side(self, side: Side) -> _Words:
        selectors = (*side.selectors, *side.not_selectors)
        own = self._name if any(selector in self._shifted for selector in selectors) else ""
        networks = (frozenset(side.networks), frozenset(side.not_networks))
        return (own, selectors, len(side.selectors), *networks, side.ports, side.not_ports)


_NOT_PLAIN = {"owner", "direction", "index", "origin", "icmp", "not_icmp", "source", "destination"}
_PLAIN = tuple(field.name for field in fields(Rule) if field.name not in _NOT_PLAIN)
"""What rules say in single values."""
