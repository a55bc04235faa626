"""diff: show the changes that `apply` would make to resources, or to allowed traffic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.commands.diff.comparison_options import ComparisonOptions, comparison_options
from calicoctl.console import connect, inputs, options, results, writes
from calicoctl.console.colors import style
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.errors import ExitCode, UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.operations.diff import ResourceDiff
    from calicoctl.operations.unmanaged import UnmanagedFilter


@click.command()
@click.argument("operands", nargs=-1, metavar="[FILE... | A B]", shell_complete=values.files)
@options.manifest_options
@options.apply_options
@options.unmanaged_options
@comparison_options
@options.at_option("Use the datastore at this revision of etcd. Without FILE, A and B, show the changes since then.")
@options.connection_options
def command(
    operands: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    apply_options: options.ApplyOptions,
    unmanaged: options.UnmanagedOptions | None,
    comparison: ComparisonOptions,
    at: int | None,
    connection: options.ConnectionOptions,
) -> None:
    """Show the changes that apply of each FILE would make: a unified diff of the YAML of each resource.

    The order of fields and explicit defaults are not differences. The exit code is 0 without differences, 1 with
    differences, and above 1 after an error. What apply refuses is an error: diff has the same options. --unmanaged also
    shows resources that no manifest contains: changes of the datastore by other means.

    --semantic compares allowed traffic: gained and lost traffic, the deciding rules, and an example packet of each
    change. A and B are each a file, a directory, - for stdin, or the word datastore (write ./datastore for a file of
    that name). With -f, the datastore is compared with the datastore after apply; --set and --prune apply. --flows
    compares only the flows of a file, as in trace --flows.

    \b
    Example:
      calicoctl diff policies/
      calicoctl diff -f policies/ --set policies --unmanaged
      calicoctl diff --semantic -f policies/ --set policies --prune
      calicoctl diff --semantic old.yaml new/ --widening-only
      calicoctl diff --semantic -f policies/ --flows flows.csv
    """
    from calicoctl.commands.diff.semantic import print_semantic_diff

    apply_options = apply_options._replace(revision=at or 0)
    _refuse_combinations(operands, apply_options, unmanaged, semantic=comparison.semantic)
    if comparison.semantic:
        print_semantic_diff(operands, filenames, apply_options, comparison, recursive=recursive, connection=connection)
        return
    filenames = options.merge_filenames(filenames, operands)
    _print_resource_diff(filenames, apply_options, comparison, unmanaged, recursive=recursive, connection=connection)


def _refuse_combinations(
    operands: tuple[str, ...],
    apply_options: options.ApplyOptions,
    unmanaged: options.UnmanagedOptions | None,
    *,
    semantic: bool,
) -> None:
    """Raise UsageError for arguments that contradict each other."""
    from calicoctl.commands.diff.operands import DATASTORE

    if unmanaged and semantic:
        raise UsageError("--unmanaged cannot be combined with --semantic")
    if unmanaged and apply_options.sets.prune:
        raise UsageError("--unmanaged cannot be combined with --prune (it shows what apply would prune)")
    if DATASTORE in operands and not semantic:
        raise UsageError(f"{DATASTORE} as an operand requires --semantic (write ./{DATASTORE} for a file of this name)")


def _print_resource_diff(
    filenames: tuple[str, ...],
    apply_options: options.ApplyOptions,
    shown: ComparisonOptions,
    unmanaged: options.UnmanagedOptions | None,
    *,
    recursive: bool,
    connection: options.ConnectionOptions,
) -> None:
    """Print the changes of each resource that `apply` would make, and unmanaged resources."""
    from calicoctl.operations.diff import diff_plan
    from calicoctl.operations.unmanaged import find_unmanaged

    if apply_options.revision and not filenames:
        _print_changes_since(apply_options, shown, unmanaged, connection)
        return
    formats.DIFF.select(shown.output.name)  # an unknown format is an error before anything is read
    requested = _parse_unmanaged(unmanaged, apply_options.sets.name) if unmanaged else None
    resources = inputs.read_resources(filenames, recursive=recursive, positions="lazy", defer_problems=True)
    sets = inputs.protect_skipped(apply_options.sets, filenames, recursive=recursive)
    with connect.open_datastore(connection, announce=False, resources=resources) as datastore:
        ranges = requested.ranges() if requested else ()
        preview = writes.preview_apply(datastore, resources, apply_options._replace(sets=sets), more_ranges=ranges)
    diffs, warnings = diff_plan(preview)
    if requested:
        managed = {outcome.key for outcome in preview.plan.outcomes}
        unmanaged_diffs, more_warnings = find_unmanaged(preview.context.view, managed, requested)
        diffs, warnings = [*diffs, *unmanaged_diffs], list(dict.fromkeys([*warnings, *more_warnings]))
    current_messages().warn(warnings)
    _print_diffs(diffs, shown)


def _print_changes_since(
    apply_options: options.ApplyOptions,
    shown: ComparisonOptions,
    unmanaged: options.UnmanagedOptions | None,
    connection: options.ConnectionOptions,
) -> None:
    """Print the changes of all resources since a revision."""
    from calicoctl.operations.diff_revisions import changes_since

    if unmanaged or apply_options.sets.name is not None or apply_options.force:
        raise UsageError("--at without FILE cannot be combined with --set, --force or --unmanaged")
    with connect.open_datastore(connection, announce=False) as datastore:
        diffs, messages = changes_since(datastore, apply_options.revision)
    current_messages().warn(messages)
    _print_diffs(diffs, shown)


def _print_diffs(diffs: Sequence[ResourceDiff], shown: ComparisonOptions) -> None:
    """Print changes by resource, and set the exit code."""
    selected = formats.DIFF.select(shown.output.name)
    current_messages().exit_code = ExitCode.FINDINGS if any(not difference.unchanged for difference in diffs) else 0
    results.print_result(selected.load()(diffs, formats.TextOptions(style, shown.summary)), selected)


def _parse_unmanaged(unmanaged: options.UnmanagedOptions, set_name: str | None) -> UnmanagedFilter:
    """Return the requested unmanaged resources. A selector restricts them to kinds with labels."""
    from calicoctl.console.names import parse_kind, parse_selector
    from calicoctl.kinds import KINDS
    from calicoctl.operations.read.labels import LABELLED_KINDS
    from calicoctl.operations.read.query import Query
    from calicoctl.operations.unmanaged import UnmanagedFilter

    all_kinds = KINDS if unmanaged.selector is None else LABELLED_KINDS
    kinds = tuple(dict.fromkeys(map(parse_kind, unmanaged.kinds))) or all_kinds
    queries = [Query(kind, {}, set_name) for kind in kinds]
    selector = None if unmanaged.selector is None else parse_selector(unmanaged.selector, queries)
    return UnmanagedFilter(queries, selector)
