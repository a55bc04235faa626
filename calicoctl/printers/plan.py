"""Saved plans: the diff and the result of each resource, or the plan itself."""

from __future__ import annotations

from calicoctl.operations.diff import diff_outcomes
from calicoctl.operations.plan import SavedPlan
from calicoctl.operations.plan_format import format_plan
from calicoctl.operations.write.outcome import Report
from calicoctl.printers import diff, report
from calicoctl.printers.formats import TextOptions


def format_text(plan: SavedPlan, options: TextOptions) -> str:
    """Return the unified diff and the report of a plan."""
    diffs = diff_outcomes(plan.outcomes, plan.writes, plan.view)
    set_line = f"set: {plan.set_name}\n" if plan.set_name else ""
    return (
        diff.format_text(diffs, options) + set_line + report.format_text(Report(plan.outcomes, dry_run=True), options)
    )


def format_json(plan: SavedPlan, _options: TextOptions) -> str:
    """Return the content of a plan file."""
    return format_plan(plan)
