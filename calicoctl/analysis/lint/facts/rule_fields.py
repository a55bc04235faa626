"""Selectors and tags of rules, field by field as in the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from calicoctl.analysis.model.policy_set import Policy, Profile, Rule
from calicoctl.kinds.values.labels import selector_to_v3
from calicoctl.resource import FieldPath
from calicoctl.selector import Selector, parse


class SelectorField(NamedTuple):
    """Field of a rule that matches endpoints by their labels."""

    rule: Rule
    field: str
    """`selector`, `notSelector`, `tag` or `notTag`."""
    path: FieldPath
    """The path of the field in the resource."""
    text: str

    @property
    def is_tag(self) -> bool:
        """Whether the text is a tag, not a selector."""
        return self.field in {"tag", "notTag"}

    @property
    def selector(self) -> Selector:
        """The selector, or the equivalent one of a tag."""
        return _parse_selector(f"{self.text} == ''" if self.is_tag else self.text)

    @property
    def negated(self) -> bool:
        """Whether the rule excludes the selected endpoints."""
        return self.field.startswith("not")


@lru_cache(maxsize=65536)
def _parse_selector(text: str) -> Selector:
    return parse(selector_to_v3(text))


def selector_fields(owner: Policy | Profile) -> Iterator[SelectorField]:
    """Yield the selectors and tags of all rules of a policy or profile."""
    for rule in owner.all_rules:
        manifest_rule = rule.origin.resource.spec[rule.direction][rule.index]
        for side in ("source", "destination"):
            entity = manifest_rule.get(side) or {}
            for field in ("selector", "tag", "notSelector", "notTag"):
                if entity.get(field):
                    yield SelectorField(rule, field, (*rule.path, side, field), entity[field])
