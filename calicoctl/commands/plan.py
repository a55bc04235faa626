"""plan: show or save the changes that `apply` would make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, inputs, options, output_files, plan_file, writes
from calicoctl.console.colors import style
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.errors import UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.operations.plan import SavedPlan
    from calicoctl.resource import LocatedResource


_PRINTED = (None, *(each.name for each in formats.PLAN))
"""Values of `-o` other than files."""


@click.command(short_help="Show or save the changes that apply would make.")
@options.file_arguments
@options.force_option
@options.set_options
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=values.files,
    help="File to save the plan to; json or - prints the plan, text prints the changes.  [default: text]",
)
@click.option(
    "--show",
    metavar="FILE",
    shell_complete=values.files,
    help="Saved plan to print, without a datastore; - for stdin.",
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
    """Show the changes that apply would make: the diff and the result of each resource.

    -o FILE saves the plan with the revisions of the resources. `apply --plan FILE` makes exactly these changes, or
    fails if a resource has changed since then. Write ./json or ./text for a file of that name.

    \b
    Example:
      calicoctl plan policies/ -o change.plan
      calicoctl plan --show change.plan
      calicoctl apply --plan change.plan
    """
    if show is not None:
        if filenames or recursive or force or set_options.name is not None or output not in _PRINTED:
            raise UsageError("--show can be combined with -o text and -o json only")
        _print_plan(plan_file.load("--show", show), output)
        return
    if output == "":
        raise UsageError("-o is empty (name a file)")
    output = "json" if output == "-" else output
    resources = inputs.read_resources(filenames, recursive=recursive, positions="lazy", defer_problems=True)
    plan = _make_plan(resources, set_options, connection, force=force, allow_lockout=allow_lockout)
    if output not in _PRINTED:
        _save_plan(plan, str(output))
    _print_plan(plan, output)


def _save_plan(plan: SavedPlan, filename: str) -> None:
    output_files.save(filename, plan.dumps(), "plan")


def _make_plan(
    resources: Sequence[LocatedResource],
    set_options: options.SetOptions,
    connection: options.ConnectionOptions,
    *,
    force: bool,
    allow_lockout: bool,
) -> SavedPlan:
    """Return the plan of `apply` for these resources and the current datastore."""
    from calicoctl.operations.lockout.guard import check_lockout
    from calicoctl.operations.plan import SavedPlan
    from calicoctl.operations.write.run import plan_only

    planner, extra_ranges = writes.make_apply_planner(set_options, force=force)
    with connect.open_datastore(connection, announce=True, resources=resources) as datastore:
        context, plan = plan_only(datastore, resources, planner, extra_ranges, require_unlocked=True)
        change = context.change(plan.writes)
        lockout_check = check_lockout(datastore, change, resources, allow_lockout=allow_lockout)
    current_messages().warn(dict.fromkeys((*plan.warnings, *lockout_check.warnings)))
    return SavedPlan.from_plan(context, plan)


def _print_plan(plan: SavedPlan, output: str | None) -> None:
    selected = formats.PLAN.select("json" if output == "json" else "text")
    click.echo(selected.load()(plan, formats.TextOptions(style)), nl=False)
