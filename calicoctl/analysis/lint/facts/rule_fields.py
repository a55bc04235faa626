"""What rules ask for, field by field, as their manifests have it: selectors and tags apart."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from calicoctl.analysis.model.policy_set import FieldPath, Policy, Profile, Rule
from calicoctl.kinds.values.labels import selector_to_v3
from calicoctl.selector import Selector, parse


class SelectorField(NamedTuple):
    """What a field of a rule asks for."""

    rule: Rule
    field: str
    """`selector`, `notSelector`, `tag` or `notTag`."""
    path: FieldPath
    """The way to it within the resource."""
    text: str

    @property
    def selector(self) -> Selector:
        """The selector that it means."""
        return _parse_selector(self.text if self.field.lower().endswith("selector") else f"{self.text} == ''")

    @property
    def negated(self) -> bool:
        """Whether those that it selects are left out."""
        return self.field.startswith("not")


@lru_cache(maxsize=65536)
def _parse_selector(text: str) -> Selector:
    return parse(selector_to_v3(text))


def selector_fields(owner: Policy | Profile) -> Iterator[SelectorField]:
    """All that the rules of a policy or profile ask of labels."""
    for rule in (*owner.ingress, *owner.egress):
        manifest_rule = rule.origin.resource.spec[rule.direction][rule.index]
        for side in ("source", "destination"):
            entity = manifest_rule.get(side) or {}
            for field in ("selector", "tag", "notSelector", "notTag"):
                if entity.get(field):
                    yield SelectorField(rule, field, (*rule.path, side, field), entity[field])
