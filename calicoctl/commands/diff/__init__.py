"""diff: show the changes that `apply` would make to resources, or to allowed traffic."""

import click

from calicoctl.console import connect, inputs, options, writes
from calicoctl.console.colors import style
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.errors import ExitCode, UsageError
from calicoctl.printers import formats


@click.command(short_help="Show changes of resources, or of allowed traffic.")
@click.argument("operands", nargs=-1, metavar="[FILE... | A B]", shell_complete=values.files)
@options.manifest_options
@options.apply_options
@click.option("--semantic", is_flag=True, help="Compare allowed traffic instead of resources.")
@click.option("--widening-only", is_flag=True, help="With --semantic: exit code 1 only for gained traffic.")
@click.option("--summary", is_flag=True, help="Print one line for each difference, and their number.")
@options.output_option(formats.DIFF)
@options.connection_options
def command(
    operands: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    apply_options: options.ApplyOptions,
    semantic: bool,
    widening_only: bool,
    summary: bool,
    output: formats.SelectedFormat,
    connection: options.ConnectionOptions,
) -> None:
    """Show the changes that apply would make: a unified diff of the YAML of each resource, as printed by get.

    Each FILE is a manifest, a directory, or - for stdin, as with -f. All are compared with the datastore.

    The order of fields and explicit defaults are not differences. The exit code is 0 without differences, 1 with
    differences, and above 1 after an error. What apply refuses is an error: diff has the same options.

    --semantic compares allowed traffic: gained and lost traffic, the deciding rules, and an example packet of each
    change. A and B are each a file, a directory, - for stdin, or the word datastore (write ./datastore for a file of
    that name). With -f, the datastore is compared with the datastore after apply; --set and --prune apply.

    \b
    Example:
      calicoctl diff policies/
      calicoctl diff --semantic -f policies/ --set policies --prune
      calicoctl diff --semantic old.yaml new/ --widening-only
    """
    from calicoctl.commands.diff.semantic import DATASTORE, OutputOptions, print_semantic_diff

    if semantic:
        output_options = OutputOptions(formats.SEMANTIC_DIFF.select(output.name), summary, widening_only)
        print_semantic_diff(
            operands, filenames, apply_options, output_options, recursive=recursive, connection=connection
        )
        return
    if DATASTORE in operands:
        raise UsageError(f"{DATASTORE} as an operand requires --semantic (write ./{DATASTORE} for a file of this name)")
    if widening_only:
        raise UsageError("--widening-only requires --semantic")
    text_options = formats.TextOptions(style, summary)
    filenames = options.merge_filenames(filenames, operands)
    _print_resource_diff(filenames, apply_options, output, text_options, recursive=recursive, connection=connection)


def _print_resource_diff(
    filenames: tuple[str, ...],
    apply_options: options.ApplyOptions,
    output: formats.SelectedFormat,
    text_options: formats.TextOptions,
    *,
    recursive: bool,
    connection: options.ConnectionOptions,
) -> None:
    """Print the changes of each resource that `apply` would make."""
    from calicoctl.operations.diff import diff_plan

    resources = inputs.read_resources(filenames, recursive=recursive, positions="lazy", defer_problems=True)
    sets = inputs.protect_skipped(apply_options.sets, filenames, recursive=recursive)
    with connect.open_datastore(connection, announce=False, resources=resources) as datastore:
        diffs, warnings = diff_plan(writes.preview_apply(datastore, resources, apply_options._replace(sets=sets)))
    current_messages().warn(warnings)
    current_messages().exit_code = ExitCode.FINDINGS if any(not difference.unchanged for difference in diffs) else 0
    click.echo(output.load()(diffs, text_options), nl=False)
