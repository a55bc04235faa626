"""Differences between manifests and the datastore: unified diffs, a summary, or JSON."""

from __future__ import annotations

import json as _json
from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff
from typing import Any

from calicoctl.operations.comparing import Difference
from calicoctl.printers.manifests import yaml
from calicoctl.resource import Resource

_NOTHING = "/dev/null"


def unified(differences: Iterable[Difference]) -> str:
    """A unified diff of the v1 YAML of each resource that differs."""
    return "".join(line for difference in differences if not difference.is_none for line in _unified(difference))


def _unified(difference: Difference) -> Iterator[str]:
    name, place = difference.outcome.identifier, difference.outcome.position
    before = f"{name} (datastore, revision {difference.revision})" if difference.before else _NOTHING
    after = f"{name} ({place})" if difference.after else _NOTHING
    return unified_diff(_lines(difference.before), _lines(difference.after), before, after)


def _lines(resource: Resource | None) -> list[str]:
    return yaml([resource], ()).splitlines(keepends=True) if resource else []


def summary(differences: Sequence[Difference]) -> str:
    """A line for each resource that differs, and how many there are."""
    told = [_told(difference) for difference in differences]
    lines = [
        f"{difference.outcome.identifier} {words}"
        for difference, (_, words) in zip(differences, told, strict=True)
        if words
    ]
    sorts = [sort for sort, _ in told]
    counts = [f"{sorts.count(sort)} {sort}" for sort in ("new", "different", "gone", "same") if sort in sorts]
    return "\n".join([*lines, ", ".join(counts), ""])


def _told(difference: Difference) -> tuple[str, str]:
    """The sort of a difference, and what to say of it."""
    if difference.is_none:
        return "same", ""
    if difference.before is None:
        return "new", "is not in the datastore"
    if difference.after is None:
        return "gone", "is in the datastore only"
    return "different", f"differs: {', '.join(difference.fields)}"


def json(differences: Iterable[Difference]) -> str:
    """A JSON list with an object for each resource, the same ones too."""
    return _json.dumps([_record(difference) for difference in differences], indent=2, ensure_ascii=False) + "\n"


def _record(difference: Difference) -> dict[str, Any]:
    outcome, place = difference.outcome, difference.outcome.position
    return {
        "kind": outcome.identifier.kind,
        "name": outcome.identifier.name,
        "file": place.source if place else None,
        "line": place.line if place else None,
        "action": "unchanged" if difference.is_none else outcome.action.value,
        "fields": list(difference.fields),
        "revision": difference.revision or None,
        "before": difference.before and difference.before.manifest(),
        "after": difference.after and difference.after.manifest(),
        "error": None,
    }
