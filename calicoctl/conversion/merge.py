"""Merge of a v3 spec made from v1 into the existing v3 spec: v3-only fields are kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from calicoctl.kinds.kind import Kind
from calicoctl.kinds.rules import DIRECTIONS
from calicoctl.kinds.rules.convert import Rule, rules_to_v3
from calicoctl.kinds.rules.v3_only import has_v3_only, v1_view, v3_only_criteria


class MergeResult(NamedTuple):
    """A merged spec, and descriptions of what the merge removes."""

    spec: dict[str, Any]
    notes: tuple[str, ...]
    """Removed labels."""
    losses: tuple[str, ...]
    """Removed v3-only match criteria."""


def merge_spec(kind: Kind, existing: Mapping[str, Any], new: Mapping[str, Any]) -> MergeResult:
    """Return the existing v3 spec with the fields that v1 owns replaced by those of `new`.

    A rule that is equal to an existing rule in v1 terms keeps the v3-only fields of that rule. A rule that is removed
    or changed loses its v3-only criteria.
    """
    spec = {field: value for field, value in existing.items() if field not in kind.owned_fields}
    spec.update(new)
    losses: list[str] = []
    for direction in DIRECTIONS:
        old_rules = existing.get(direction) or ()
        if direction in kind.owned_fields and any(has_v3_only(rule) for rule in old_rules):
            spec[direction], lost = _match_existing_rules(old_rules, new.get(direction, ()))
            losses += (f"{direction}[{index}]: {', '.join(criteria)}" for index, criteria in lost)
    kind.keep_v3_fields(existing, spec)
    removed_labels = sorted(set(existing.get("labelsToApply") or ()) - set(new.get("labelsToApply") or ()))
    return MergeResult(
        {field: value for field, value in spec.items() if value not in ([], {})},
        (f"labels removed: {', '.join(removed_labels)}",) if removed_labels else (),
        tuple(losses),
    )


def _match_existing_rules(
    old_rules: Sequence[Rule], new_rules: Iterable[Rule]
) -> tuple[list[Rule], list[tuple[int, list[str]]]]:
    """Return the new rules, replaced by equal old rules, and index and criteria of the old rules that lose."""
    from difflib import SequenceMatcher

    result = list(new_rules)
    old_texts = [_canonical_json(rules_to_v3(v1_view([rule]))[0]) for rule in old_rules]
    matcher = SequenceMatcher(None, old_texts, [_canonical_json(rule) for rule in result], autojunk=False)
    unmatched = dict(enumerate(old_rules))
    for old_start, new_start, size in matcher.get_matching_blocks():
        for step in range(size):
            result[new_start + step] = unmatched.pop(old_start + step)
    lost = [(index, v3_only_criteria(rule)) for index, rule in unmatched.items()]
    return result, [(index, criteria) for index, criteria in lost if criteria]


def _canonical_json(rule: Rule) -> str:
    return json.dumps(rule, sort_keys=True)
