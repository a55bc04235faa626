"""Which rules the cases of policy tests have decide something, and which of them none does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from calicoctl.analysis.model.policy_set import Policy, PolicySet, Profile, Rule


@dataclass(frozen=True)
class Coverage:
    """How much of all rules cases are about."""

    total: int
    """The rules that can decide: all but those that only log."""
    uncovered: tuple[Rule, ...]
    """Those of them that decide on no packet of any case, in the order in which they were read."""

    @property
    def percent(self) -> float:
        """The share of the rules that decide on something; all, when there are none."""
        return 100 * (self.total - len(self.uncovered)) / self.total if self.total else 100.0


def compute_coverage(evaluated: Iterable[tuple[PolicySet, Iterable[Rule]]]) -> Coverage:
    """The coverage of sets of policies, each with the rules that decide on something there.

    A rule that is in several sets, as when several tests read one manifest, is one.
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
    owners: tuple[Policy | Profile, ...] = (*policy_set.policies, *policy_set.profiles.values())
    for owner in owners:
        yield from (rule for rule in (*owner.ingress, *owner.egress) if rule.action != "log")
