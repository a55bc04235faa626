"""A v3 spec that v1 writes into one that others wrote into: only what v1 can say is replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from calicoctl.kinds.kind import Kind
from calicoctl.kinds.rules import rules_to_v3
from calicoctl.kinds.v3only import foreign_criteria, has_more, shown_rules

_LISTS_OF_RULES = ("ingress", "egress")


@dataclass(frozen=True)
class Merge:
    """A spec to write; `notes` and `losses` say what of the existing one goes."""

    spec: dict[str, Any]
    notes: tuple[str, ...]
    losses: tuple[str, ...]


def merged_spec(kind: Kind, existing: Mapping[str, Any], new: Mapping[str, Any]) -> Merge:
    """The existing spec with the fields that v1 owns set to the new ones.

    A rule that means the same as an existing one keeps what that one has beyond v1; a rule that goes, or changes,
    takes its v3-only criteria with it, which is a loss.
    """
    spec = {field: value for field, value in existing.items() if field not in kind.owned}
    spec.update(new)
    losses: list[str] = []
    for direction in _LISTS_OF_RULES:
        old_rules = existing.get(direction) or ()
        if direction in kind.owned and any(has_more(rule) for rule in old_rules):
            spec[direction], lost = _aligned(old_rules, new.get(direction, ()))
            losses += (f"{direction}[{index}]: {', '.join(criteria)}" for index, criteria in lost)
    kind.adjust(existing, spec)
    return Merge(
        {field: value for field, value in spec.items() if value not in ([], {})},
        tuple(_notes(existing, new)),
        tuple(losses),
    )


def _aligned(old: Any, new: Any) -> tuple[list[Any], list[tuple[int, list[str]]]]:
    """The new rules, each in the stored form of the old rule that it equals; and what the others lose."""
    from difflib import SequenceMatcher

    result = list(new)
    kept: set[int] = set()
    matcher = SequenceMatcher(None, [_in_v1(rule) for rule in old], [_text(rule) for rule in new], autojunk=False)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            result[block.b + step] = old[block.a + step]
            kept.add(block.a + step)
    lost = [(index, foreign_criteria(rule)) for index, rule in enumerate(old) if index not in kept]
    return result, [(index, criteria) for index, criteria in lost if criteria]


def _in_v1(rule: Mapping[str, Any]) -> str:
    """What is left of a stored rule when it is read as v1 and written again."""
    return _text(rules_to_v3(shown_rules([rule]))[0])


def _text(rule: Mapping[str, Any]) -> str:
    return json.dumps(rule, sort_keys=True)


def _notes(existing: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Labels that go because v1 sets all of them."""
    gone = sorted(set(existing.get("labelsToApply") or ()) - set(new.get("labelsToApply") or ()))
    if gone:
        yield f"labels removed: {', '.join(gone)}"
