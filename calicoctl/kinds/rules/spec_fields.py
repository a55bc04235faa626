"""The rules of a spec as rows of a field table."""

from __future__ import annotations

from calicoctl.kinds.field_table import FieldConversion
from calicoctl.kinds.rules import DIRECTIONS
from calicoctl.kinds.rules.convert import normalize_rules, rules_to_v3
from calicoctl.kinds.rules.v3_only import v1_view

RULE_LISTS = tuple(
    FieldConversion(direction, direction, normalize=normalize_rules, to_v3=rules_to_v3, from_v3=v1_view)
    for direction in DIRECTIONS
)
