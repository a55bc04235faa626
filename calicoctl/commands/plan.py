"""plan: what apply would do, to be read, kept, and carried out exactly so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, inputs, options, plan_file, results, writes
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.console.results import style_diff
from calicoctl.errors import UsageError

if TYPE_CHECKING:
    from calicoctl.operations.plan import SavedPlan
    from calicoctl.resource import LocatedResource


_PRINTED_FORMATS = {None, "text", "json"}
"""What `-o` can say that is no file."""


@click.command(short_help="Show what apply would do, and keep it to be done exactly so.")
@options.manifest_options
@options.force_option
@options.set_options
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=values.files,
    help="Keep the plan in this file; json or - prints it, text only shows what would be done.",
)
@click.option(
    "--show",
    metavar="FILE",
    shell_complete=values.files,
    help="Print the plan that a file keeps (- for stdin), without a datastore.",
)
@options.allow_lockout_option
@options.connection_options
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    force: bool,
    set_options: options.SetOptions,
    allow_lockout: bool,
    output: str | None,
    show: str | None,
    target: options.ConnectionOptions,
) -> None:
    """Show what apply would do: the diff of each resource, and what becomes of it.

    With -o FILE the plan is kept with the revisions that it saw. `apply --plan FILE` does exactly that, or nothing
    when anything has changed meanwhile. A file that is called json or text is written as ./json or ./text.

    \b
    Example:
      calicoctl plan -f policies/ -o change.plan
      calicoctl plan --show change.plan
      calicoctl apply --plan change.plan
    """
    if show is not None:
        if filenames or recursive or force or set_options.name is not None or output not in _PRINTED_FORMATS:
            raise UsageError("--show goes with -o text and -o json only: it prints what is kept")
        _print_plan(plan_file.load("--show", show), output)
        return
    if output == "":
        raise UsageError("-o is empty: name a file")
    output = "json" if output == "-" else output
    target = target._replace(allow_lockout=allow_lockout)
    plan = _make_plan(
        inputs.read_resources(filenames, recursive=recursive, positions="lazy"), set_options, target, force=force
    )
    if output not in _PRINTED_FORMATS:
        plan_file.save(str(output), plan.dumps())
    _print_plan(plan, output)


def _make_plan(
    resources: Sequence[LocatedResource],
    set_options: options.SetOptions,
    target: options.ConnectionOptions,
    *,
    force: bool,
) -> SavedPlan:
    """The plan of apply for these resources and the datastore as it is."""
    from calicoctl.operations.lockout.guard import check_lockout
    from calicoctl.operations.plan import SavedPlan
    from calicoctl.operations.write.run import plan_only

    planner, extra_ranges = writes.make_apply_planner(set_options, force=force)
    with connect.open_datastore(target, announce=True) as datastore:
        context, plan = plan_only(datastore, resources, planner, extra_ranges, require_unlocked=True)
        change = context.change(plan.writes)
        lockout_check = check_lockout(datastore, change, resources, allow_lockout=target.allow_lockout)
    current_messages().warn((*plan.warnings, *lockout_check.warnings))
    return SavedPlan.from_plan(context, plan)


def _print_plan(plan: SavedPlan, output: str | None) -> None:
    from calicoctl.operations.diff import diff_outcomes
    from calicoctl.operations.write.outcome import Report
    from calicoctl.printers import report as reports
    from calicoctl.printers.diff import format_unified

    if output == "json":
        click.echo(plan.dumps(), nl=False)
        return
    diff = format_unified(diff_outcomes(plan.outcomes, plan.writes, plan.view))
    report = reports.format_text(Report(plan.outcomes, dry_run=True), results.style_action)
    click.echo(style_diff(diff) + report, nl=False)
