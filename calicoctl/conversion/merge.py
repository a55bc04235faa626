"""Merge of a v3 spec made from v1 into the existing v3 spec: v3-only fields are kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from calicoctl.kinds.field_table import FieldTable
from calicoctl.kinds.kind import Kind
from calicoctl.kinds.rules import DIRECTIONS
from calicoctl.kinds.rules.convert import Rule, rules_to_v3
from calicoctl.kinds.rules.v3_only import v1_view, v3_only_criteria
from calicoctl.kinds.values.labels import NAMESPACE_LABEL, V1_NAMESPACE_LABEL


class MergeResult(NamedTuple):
    """A merged spec, and descriptions of what the merge removes."""

    spec: dict[str, Any]
    notes: tuple[str, ...]
    """Removed labels."""
    losses: tuple[str, ...]
    """Removed v3-only match criteria."""


def merge_spec(
    kind: Kind, existing: Mapping[str, Any], canonical: Mapping[str, Any], new: Mapping[str, Any]
) -> MergeResult:
    """Return the existing v3 spec with the fields that v1 owns replaced by those of `new`.

    A field and a rule that are equal to the existing ones in v1 terms stay as they are, with their spelling and the
    v3-only fields of the rule. A rule that is removed or changed loses its v3-only criteria.

    Args:
        kind: the kind of the object.
        existing: the stored v3 spec; empty if there is none.
        canonical: the v3 form of the v1 form of `existing`.
        new: the v3 form of the v1 resource to write.
    """
    unchanged = {field for field in kind.owned_fields if canonical.get(field) == new.get(field)}
    spec = {field: value for field, value in existing.items() if field not in kind.owned_fields or field in unchanged}
    for field, value in new.items():
        if field not in unchanged:
            is_list = isinstance(value, list) and field not in DIRECTIONS
            spec[field] = (
                _merge_items(kind.spec_fields, field, existing.get(field) or (), value)
                if is_list
                else _merge_mapping(existing.get(field), canonical.get(field), value)
            )
    losses: list[str] = []
    for direction in DIRECTIONS:
        old_rules = existing.get(direction) or ()
        if direction in kind.owned_fields and direction not in unchanged and old_rules != canonical.get(direction, ()):
            spec[direction], lost = _match_existing_rules(old_rules, new.get(direction, ()))
            losses += (f"{direction}[{index}]: {', '.join(criteria)}" for index, criteria in lost)
    kind.keep_v3_fields(existing, spec)
    removed_labels = sorted(set(existing.get("labelsToApply") or ()) - set(new.get("labelsToApply") or ()))
    return MergeResult(
        {field: value for field, value in spec.items() if value not in ([], {}) or existing.get(field) == value},
        (f"labels removed: {', '.join(removed_labels)}",) if removed_labels else (),
        tuple(losses),
    )


def _merge_mapping(existing: Any, canonical: Any, new: Any) -> Any:
    """Return the new value; of a mapping, unchanged fields keep their stored spelling."""
    if not (isinstance(existing, dict) and isinstance(canonical, dict) and isinstance(new, dict)):
        return new
    return {
        field: existing[field] if field in existing and canonical.get(field) == value else value
        for field, value in new.items()
    }


def _merge_items(fields: FieldTable, field: str, existing: Sequence[Any], new: list[Any]) -> list[Any]:
    """Return the new list; items that stay keep their stored spelling, and their order if v1 ignores it."""
    if not existing:
        return new

    def in_v1(items: Sequence[Any]) -> list[Any]:
        v3_items: list[Any] = fields.to_v3(fields.from_v3({field: items})).get(field) or []
        return v3_items

    remaining = [(in_v1([item]), item) for item in existing]
    spelled, added = [], []
    for item in new:
        match = next((pair for pair in remaining if pair[0] == [item]), None)
        if match is None:
            added.append(item)
        else:
            remaining.remove(match)
        spelled.append(match[1] if match else item)
    in_stored_order = [item for item in existing if item in spelled] + added
    return in_stored_order if in_v1(in_stored_order) == new else spelled


def merge_labels(existing: Mapping[str, str], canonical: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return the stored labels with the changes of v1. The arguments have the meaning of `merge_spec`."""
    removed = canonical.keys() - new.keys()
    if NAMESPACE_LABEL in removed:
        removed |= {V1_NAMESPACE_LABEL}
    changed = {key: text for key, text in new.items() if canonical.get(key) != text}
    return {**{key: text for key, text in existing.items() if key not in removed}, **changed}


def _match_existing_rules(
    old_rules: Sequence[Rule], new_rules: Iterable[Rule]
) -> tuple[list[Rule], list[tuple[int, list[str]]]]:
    """Return the new rules, replaced by equal old rules, and index and criteria of the old rules that lose.

    A changed rule keeps its annotations: one at the same place, if the number of rules is the same.
    """
    from difflib import SequenceMatcher

    result = list(new_rules)
    old_texts = [_canonical_json(rules_to_v3(v1_view([rule]))[0]) for rule in old_rules]
    matcher = SequenceMatcher(None, old_texts, [_canonical_json(rule) for rule in result], autojunk=False)
    unmatched, changed = dict(enumerate(old_rules)), set(range(len(result)))
    for old_start, new_start, size in matcher.get_matching_blocks():
        for step in range(size):
            result[new_start + step] = unmatched.pop(old_start + step)
            changed.discard(new_start + step)
    for index, rule in unmatched.items():
        if len(old_rules) == len(result) and index in changed and rule.get("metadata"):
            result[index] = {**result[index], "metadata": rule["metadata"]}
    lost = [(index, v3_only_criteria(rule)) for index, rule in unmatched.items()]
    return result, [(index, criteria) for index, criteria in lost if criteria]


def _canonical_json(rule: Rule) -> str:
    return json.dumps(rule, sort_keys=True)
