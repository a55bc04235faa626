"""What became of resources, as text or JSON."""

from __future__ import annotations

import json as _json
from collections import Counter
from collections.abc import Callable
from typing import Any

from calicoctl.operations.outcome import Action, Outcome, Report


def text(report: Report, painted: Callable[[str], str] = str) -> str:
    """A line for each resource, and a summary; `painted` gives a word its colour."""
    words = {action: painted(action.value) for action in Action}
    lines = [f"{outcome.identifier} {words[outcome.action]}{_notes(outcome)}" for outcome in report.outcomes]
    return "\n".join([*lines, _summary(report), ""])


def _notes(outcome: Outcome) -> str:
    return f" ({'; '.join(outcome.notes)})" if outcome.notes else ""


def _summary(report: Report) -> str:
    """How many of each action, such as `2 created, 1 unchanged`."""
    counts = Counter(outcome.action for outcome in report.outcomes)
    summary = ", ".join(f"{counts[action]} {action.value}" for action in Action if counts[action]) or "nothing to do"
    return f"{summary} (dry run: nothing was written)" if report.dry_run else summary


def json(report: Report) -> str:
    """A JSON list with an object for each resource; `error` is null, for a command with an error does nothing."""
    records = [{**_record(outcome), "dryRun": report.dry_run} for outcome in report.outcomes]
    return _json.dumps(records, indent=2, ensure_ascii=False) + "\n"


def _record(outcome: Outcome) -> dict[str, Any]:
    place = outcome.position
    return {
        "kind": outcome.identifier.kind,
        "name": outcome.identifier.name,
        "file": place.source if place else None,
        "line": place.line if place else None,
        "action": outcome.action.value,
        "notes": list(outcome.notes),
        "error": None,
    }
