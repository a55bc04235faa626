"""diff: what a manifest would change in the datastore, or what traffic is gained and lost."""

import click

from calicoctl.console import connect, inputs, options, writes
from calicoctl.console.colours import style
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.errors import UsageError
from calicoctl.printers import formats

_EXIT_DIFFERS = 1


@click.command(short_help="Show what a manifest would change: resources, or traffic.")
@click.argument("operands", nargs=-1, metavar="[A B]", shell_complete=values.files)
@options.manifest_options
@options.set_options
@click.option("--semantic", is_flag=True, help="Compare the traffic that is allowed, and not the words.")
@click.option("--widening-only", is_flag=True, help="With --semantic: exit code 1 only when something is gained.")
@click.option("--summary", is_flag=True, help="A line for each thing that differs, and how many there are.")
@options.output_option(formats.DIFF)
@options.connection_options
def command(
    operands: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    set_options: options.SetOptions,
    semantic: bool,
    widening_only: bool,
    summary: bool,
    output: formats.SelectedFormat,
    connection: options.ConnectionOptions,
) -> None:
    """Show what apply would change: a unified diff of the YAML of each resource, as get prints it.

    What means the same is no difference, such as another order of fields, or defaults that are written out. The
    exit code is 0 when nothing differs, 1 when something does, and above 1 when that can't be told.

    With --semantic it is the traffic that is compared: what is gained and what is lost, by which rules, with an
    example of each. A and B are each a file, a directory, - for stdin, or the word datastore (a file of that name is
    ./datastore). With -f instead of A and B, the datastore is compared with what apply would make of it. With --set
    and --prune, what apply would prune is gone.

    \b
    Example:
      calicoctl diff -f policies/
      calicoctl diff --semantic -f policies/ --set policies --prune
      calicoctl diff --semantic old.yaml new/ --widening-only
    """
    if semantic:
        from calicoctl.commands.diff.semantic import OutputOptions, print_semantic_diff

        output_options = OutputOptions(formats.SEMANTIC_DIFF.select(output.name), summary, widening_only)
        print_semantic_diff(
            operands, filenames, set_options, recursive=recursive, output_options=output_options, connection=connection
        )
        return
    if operands:
        raise UsageError("A and B go with --semantic only (to compare manifests with the datastore, write -f)")
    if widening_only:
        raise UsageError("--widening-only goes with --semantic only")
    _print_resource_diff(
        filenames, set_options, recursive=recursive, summary=summary, output=output, connection=connection
    )


def _print_resource_diff(
    filenames: tuple[str, ...],
    set_options: options.SetOptions,
    *,
    recursive: bool,
    summary: bool,
    output: formats.SelectedFormat,
    connection: options.ConnectionOptions,
) -> None:
    """Print what apply would change, resource by resource."""
    from calicoctl.operations.diff import diff_resources

    resources = inputs.read_resources(filenames, recursive=recursive)
    planner, extra_ranges = writes.make_apply_planner(set_options, force=True)
    with connect.open_datastore(connection, announce=False) as datastore:
        diffs, warnings = diff_resources(datastore, resources, planner, extra_ranges)
    current_messages().warn(warnings)
    current_messages().exit_code = _EXIT_DIFFERS if any(not difference.unchanged for difference in diffs) else 0
    click.echo(output.load()(diffs, formats.TextOptions(style, summary)), nl=False)
