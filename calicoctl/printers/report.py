"""Reports of commands that write, as text or JSON."""

from __future__ import annotations

from typing import Any

from calicoctl.operations.write.outcome import Action, Outcome, Report
from calicoctl.printable import join_lines
from calicoctl.printers import record
from calicoctl.printers.formats import TextOptions


def format_text(report: Report, options: TextOptions) -> str:
    """Return a line for each resource, and a summary."""
    styled_actions = {action: options.style(action.value) for action in Action}
    lines = [
        f"{outcome.identifier} {styled_actions[outcome.action]}{_format_notes(outcome)}" for outcome in report.outcomes
    ]
    return join_lines([*lines, _format_summary(report)])


def _format_notes(outcome: Outcome) -> str:
    return f" ({'; '.join(outcome.notes)})" if outcome.notes else ""


def _format_summary(report: Report) -> str:
    """Return the number of resources by action: `2 created, 1 unchanged`."""
    summary = report.summary or "nothing to do"
    if not report.read_datastore:
        return f"{summary} (dry run: datastore neither read nor written)"
    return f"{summary} (dry run: nothing written)" if report.dry_run else summary


def format_json(report: Report, _options: TextOptions) -> str:
    """Return a JSON list with an object for each resource. `error` is null: a command that fails writes nothing."""
    records = [{**_outcome_to_dict(outcome), "dryRun": report.dry_run} for outcome in report.outcomes]
    return record.format_json(records)


def _outcome_to_dict(outcome: Outcome) -> dict[str, Any]:
    return {
        **outcome.source_fields(),
        "action": outcome.action.value,
        "notes": list(outcome.notes),
        "error": None,
    }
