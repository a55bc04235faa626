"""Syntactic equivalence of the rules that apply to an address class on two sides; equal rules need no evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from calicoctl.analysis.evaluation.stages import EffectivePolicies, resolve_stages
from calicoctl.analysis.model.policy_set import Direction, EntityRule, Policy, Profile, Rule
from calicoctl.analysis.semantic_diff.refinement import PartitionSide
from calicoctl.selector import Selector

_RuleForm = tuple[Any, ...]
"""Comparable content of a rule."""


class RuleEquivalence:
    """Check whether the same rules apply to a class on both sides; never for a node with host endpoints.

    Rules are equal if their fields are equal and each of their selectors selects the same classes on both sides.
    Equivalent classes allow the same traffic. The reverse is not true: different rules may allow the same traffic.
    """

    def __init__(self, before: PartitionSide, after: PartitionSide) -> None:
        self._sides = (before, after)
        changed_selectors = frozenset(_changed_selectors(before, after))
        form_numbers: dict[_RuleForm, int] = {}
        self._forms = tuple(
            _RuleForms(side_partition, str(side), changed_selectors, form_numbers)
            for side, side_partition in enumerate(self._sides)
        )
        self._results: dict[tuple[EffectivePolicies | None, EffectivePolicies | None, Direction], bool] = {}

    def is_equivalent(self, number: int, direction: Direction) -> bool:
        """Return whether the same rules apply to a class in a direction."""
        if any(side.classes[number].place for side in self._sides):
            return False  # host endpoints of the node decide as well
        before, after = (side.classes[number].effective_policies for side in self._sides)
        key = (before, after, direction)
        if key not in self._results:
            stage_forms = [
                forms.stage_forms(policies, direction)
                for forms, policies in zip(self._forms, (before, after), strict=True)
            ]
            self._results[key] = stage_forms[0] == stage_forms[1]
        return self._results[key]


def _changed_selectors(before: PartitionSide, after: PartitionSide) -> Iterator[Selector]:
    """Yield the selectors of both sides that select a class on one of them only."""
    selectors = [side.selector_index.selectors for side in (before, after)]
    shared_selectors = set(selectors[0]) & set(selectors[1])
    pairs = {
        (before_selected.selector_numbers, after_selected.selector_numbers)
        for before_selected, after_selected in zip(before.classes, after.classes, strict=True)
    }
    for numbers in pairs:
        before_selected, after_selected = (
            {side_selectors[number] for number in selected} & shared_selectors
            for side_selectors, selected in zip(selectors, numbers, strict=True)
        )
        yield from before_selected ^ after_selected


class _RuleForms:
    """Numbers of the rules of one side; equal rules of both sides have the same number."""

    def __init__(
        self,
        side: PartitionSide,
        side_name: str,
        changed_selectors: frozenset[Selector],
        form_numbers: dict[_RuleForm, int],
    ) -> None:
        self._profiles = side.policy_set.profiles
        self._side_name = side_name
        self._changed_selectors = changed_selectors
        self._numbers = form_numbers
        self._owners: dict[tuple[Policy | Profile, Direction], tuple[int, ...]] = {}

    def stage_forms(self, policies: EffectivePolicies | None, direction: Direction) -> list[_RuleForm] | None:
        """Return the stages of a direction as comparable values, without log rules; None for non-endpoints."""
        if policies is None:
            return None
        return [
            (
                stage.denies,
                bool(stage.missing_profile),
                *(part for owner in stage.owners for part in self._rules(owner, direction)),
            )
            for stage in resolve_stages(policies, self._profiles, direction)
        ]

    def _rules(self, owner: Policy | Profile, direction: Direction) -> tuple[int, ...]:
        key = (owner, direction)
        if key not in self._owners:
            forms = (self._rule(rule) for rule in owner.rules(direction) if rule.action != "log")
            self._owners[key] = tuple(self._numbers.setdefault(form, len(self._numbers)) for form in forms)
        return self._owners[key]

    def _rule(self, rule: Rule) -> _RuleForm:
        icmp = [
            icmp_criterion and (icmp_criterion.type, icmp_criterion.code)
            for icmp_criterion in (rule.icmp, rule.not_icmp)
        ]
        sides = [self._side(side) for side in (rule.source, rule.destination)]
        return (*(getattr(rule, name) for name in _SIMPLE_FIELDS), *icmp, *sides)

    def _side(self, side: EntityRule) -> _RuleForm:
        selectors = (*side.selectors, *side.not_selectors)
        # The numbers of named ports may differ between the sides.
        is_changed = side.all_named_ports or any(
            selector in self._changed_selectors for selector in side.effective_selectors
        )
        side_name = self._side_name if is_changed else ""
        networks = (frozenset(side.networks), frozenset(side.not_networks))
        return (
            side_name,
            selectors,
            len(side.selectors),
            *networks,
            side.ports,
            side.not_ports,
            side.all_named_ports,
        )


_COMPOUND_FIELDS = {"owner", "direction", "index", "origin", "icmp", "not_icmp", "source", "destination"}
_SIMPLE_FIELDS = tuple(field.name for field in fields(Rule) if field.name not in _COMPOUND_FIELDS)
"""Fields of a rule that can be compared directly."""
