"""plan: show or save the changes that `apply` would make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, inputs, options, plan_file, results, writes
from calicoctl.console.colors import style
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.errors import ExitCode, UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.operations.plan import SavedPlan
    from calicoctl.resource import LocatedResource


@click.command()
@options.file_arguments
@options.apply_options
@click.option(
    "--save",
    metavar="FILE",
    shell_complete=values.files,
    help="File to save the plan to, with access for its owner only.",
)
@click.option(
    "--show",
    metavar="FILE",
    shell_complete=values.files,
    help="Saved plan to print, without a datastore; - for stdin.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit code 1 if the plan has changes, as in diff.")
@options.output_option(formats.PLAN)
@options.connection_options
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    apply_options: options.ApplyOptions,
    save: str | None,
    show: str | None,
    detailed_exitcode: bool,
    output: formats.SelectedFormat,
    connection: options.ConnectionOptions,
) -> None:
    """Show the changes that apply would make: the diff and the result of each resource.

    --save FILE saves the plan with the revisions of the resources. `apply --plan FILE` makes exactly these changes, or
    fails if a resource has changed since then.

    The exit code is 0 with and without changes. With --detailed-exitcode it is 1 with changes, and above 1 after an
    error. (Terraform has 2 and 1; 2 is wrong usage here.)

    \b
    Example:
      calicoctl plan policies/ --save change.plan
      calicoctl plan --show change.plan
      calicoctl apply --plan change.plan
    """
    if show is not None:
        if filenames or recursive or apply_options.force or apply_options.sets.name is not None or save is not None:
            raise UsageError("--show can be combined with -o only (a saved plan contains everything else)")
        _print_plan(plan_file.load("--show", show), output, detailed_exitcode=detailed_exitcode)
        return
    if save is not None:
        plan_file.check_name(save)
    resources = inputs.read_resources(filenames, recursive=recursive, positions="lazy", defer_problems=True)
    sets = inputs.protect_skipped(apply_options.sets, filenames, recursive=recursive)
    plan = _make_plan(resources, apply_options._replace(sets=sets), connection)
    if save is not None:
        plan_file.save(save, plan)
    _print_plan(plan, output, detailed_exitcode=detailed_exitcode)


def _make_plan(
    resources: Sequence[LocatedResource], apply_options: options.ApplyOptions, connection: options.ConnectionOptions
) -> SavedPlan:
    """Return the plan of `apply` for these resources and the current datastore."""
    from calicoctl.operations.plan import SavedPlan

    with connect.open_datastore(connection, announce=True, resources=resources) as datastore:
        preview = writes.preview_apply(datastore, resources, apply_options, require_unlocked=True)
    current_messages().warn(preview.warnings)
    return SavedPlan.from_preview(preview, resources, apply_options.sets.name, force=apply_options.force)


def _print_plan(plan: SavedPlan, output: formats.SelectedFormat, *, detailed_exitcode: bool) -> None:
    current_messages().exit_code = ExitCode.FINDINGS if detailed_exitcode and plan.writes else 0
    results.print_result(output.load()(plan, formats.TextOptions(style)), output)
