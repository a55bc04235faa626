"""plan: what apply would do, to be read, kept, and carried out exactly so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, inputs, options, plan_file, writes
from calicoctl.console.colours import style
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.errors import UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.operations.plan import SavedPlan
    from calicoctl.resource import LocatedResource


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
    connection: options.ConnectionOptions,
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
        if (
            filenames
            or recursive
            or force
            or set_options.name is not None
            or (output is not None and output not in formats.PLAN)
        ):
            raise UsageError("--show goes with -o text and -o json only: it prints what is kept")
        _print_plan(plan_file.load("--show", show), output)
        return
    if output == "":
        raise UsageError("-o is empty: name a file")
    output = "json" if output == "-" else output
    plan = _make_plan(
        inputs.read_resources(filenames, recursive=recursive, positions="lazy"),
        set_options,
        connection,
        force=force,
        allow_lockout=allow_lockout,
    )
    if output is not None and output not in formats.PLAN:
        plan_file.save(output, plan.dumps())
    _print_plan(plan, output)


def _make_plan(
    resources: Sequence[LocatedResource],
    set_options: options.SetOptions,
    connection: options.ConnectionOptions,
    *,
    force: bool,
    allow_lockout: bool,
) -> SavedPlan:
    """The plan of apply for these resources and the datastore as it is."""
    from calicoctl.operations.lockout.guard import check_lockout
    from calicoctl.operations.plan import SavedPlan
    from calicoctl.operations.write.run import plan_only

    planner, extra_ranges = writes.make_apply_planner(set_options, force=force)
    with connect.open_datastore(connection, announce=True) as datastore:
        context, plan = plan_only(datastore, resources, planner, extra_ranges, require_unlocked=True)
        change = context.change(plan.writes)
        lockout_check = check_lockout(datastore, change, resources, allow_lockout=allow_lockout)
    current_messages().warn((*plan.warnings, *lockout_check.warnings))
    return SavedPlan.from_plan(context, plan)


def _print_plan(plan: SavedPlan, output: str | None) -> None:
    selected = formats.PLAN.select(output if output in formats.PLAN and output else formats.PLAN.default.name)
    click.echo(selected.load()(plan, formats.TextOptions(style)), nl=False)
