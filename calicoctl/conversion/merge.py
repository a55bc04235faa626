"""A v3 spec that v1 writes into one that others wrote into: only what v1 can say is replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from calicoctl.kinds.kind import Kind
from calicoctl.kinds.rules.convert import rules_to_v3
from calicoctl.kinds.rules.v3_only import has_v3_only, v1_view, v3_only_criteria

_DIRECTIONS = ("ingress", "egress")


@dataclass(frozen=True)
class MergeResult:
    """A spec to write; `notes` and `losses` say what of the existing one goes."""

    spec: dict[str, Any]
    notes: tuple[str, ...]
    losses: tuple[str, ...]


def merge_spec(kind: Kind, existing: Mapping[str, Any], new: Mapping[str, Any]) -> MergeResult:
    """The existing spec with the fields that v1 owns set to the new ones.

    A rule that means the same as an existing one keeps what that one has beyond v1; a rule that goes, or changes,
    takes its v3-only criteria with it, which is a loss.
    """
    spec = {field: value for field, value in existing.items() if field not in kind.owned_fields}
    spec.update(new)
    losses: list[str] = []
    for direction in _DIRECTIONS:
        old_rules = existing.get(direction) or ()
        if direction in kind.owned_fields and any(has_v3_only(rule) for rule in old_rules):
            spec[direction], lost = _match_existing_rules(old_rules, new.get(direction, ()))
            losses += (f"{direction}[{index}]: {', '.join(criteria)}" for index, criteria in lost)
    kind.keep_v3_fields(existing, spec)
    return MergeResult(
        {field: value for field, value in spec.items() if value not in ([], {})},
        tuple(_removed_label_notes(existing, new)),
        tuple(losses),
    )


def _match_existing_rules(old: Any, new: Any) -> tuple[list[Any], list[tuple[int, list[str]]]]:
    """The new rules, each in the stored form of the old rule that it equals; and what the others lose."""
    from difflib import SequenceMatcher

    result = list(new)
    matched_indexes: set[int] = set()
    matcher = SequenceMatcher(
        None, [_v1_projection(rule) for rule in old], [_canonical_json(rule) for rule in new], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            result[block.b + step] = old[block.a + step]
            matched_indexes.add(block.a + step)
    lost = [(index, v3_only_criteria(rule)) for index, rule in enumerate(old) if index not in matched_indexes]
    return result, [(index, criteria) for index, criteria in lost if criteria]


def _v1_projection(rule: Mapping[str, Any]) -> str:
    """What is left of a stored rule when it is read as v1 and written again."""
    return _canonical_json(rules_to_v3(v1_view([rule]))[0])


def _canonical_json(rule: Mapping[str, Any]) -> str:
    return json.dumps(rule, sort_keys=True)


def _removed_label_notes(existing: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Labels that go because v1 sets all of them."""
    removed_labels = sorted(set(existing.get("labelsToApply") or ()) - set(new.get("labelsToApply") or ()))
    if removed_labels:
        yield f"labels removed: {', '.join(removed_labels)}"
