"""Coverage of rules by the cases of policy tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from calicoctl.analysis.model.policy_set import PolicySet, Rule


@dataclass(frozen=True)
class Coverage:
    """Coverage of the rules of some policy sets."""

    total: int
    """Number of the rules that can decide: all except `log` rules."""
    uncovered: tuple[Rule, ...]
    """Rules that decide on no packet of a case, in the order in which they were read."""

    @property
    def percent(self) -> float:
        """Percentage of covered rules; 100 without rules."""
        return 100 * (self.total - len(self.uncovered)) / self.total if self.total else 100.0


def compute_coverage(evaluated: Iterable[tuple[PolicySet, Iterable[Rule]]]) -> Coverage:
    """Return the coverage of policy sets, each with its covered rules.

    A rule in several policy sets counts once, for example if several tests use the same manifest.
    """
    rules_by_key: dict[tuple[str, str], Rule] = {}
    covered_keys: set[tuple[str, str]] = set()
    for policy_set, rules in evaluated:
        rules_by_key |= {
            _rule_key(rule): rule for rule in _deciding_rules(policy_set) if _rule_key(rule) not in rules_by_key
        }
        covered_keys.update(map(_rule_key, rules))
    return Coverage(len(rules_by_key), tuple(rule for key, rule in rules_by_key.items() if key not in covered_keys))


def _rule_key(rule: Rule) -> tuple[str, str]:
    return rule.location, str(rule)


def _deciding_rules(policy_set: PolicySet) -> Iterator[Rule]:
    for owner in policy_set.rule_owners:
        yield from (rule for rule in owner.all_rules if rule.action != "log")
