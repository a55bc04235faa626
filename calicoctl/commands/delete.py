"""delete: delete resources."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, inputs, options, results, writes
from calicoctl.errors import UsageError

if TYPE_CHECKING:
    from calicoctl.operations.read.query import Query
    from calicoctl.selector import Selector


@click.command()
@options.names_argument("[KIND,... [NAME...] | KIND/NAME...]", allow_all=True)
@options.manifest_options
@click.option("-l", "--selector", metavar="SELECTOR", help="Delete all resources of the kinds that match the selector.")
@click.option("--all", "select_all", is_flag=True, help="Delete all resources of the kinds.")
@click.option("-y", "--yes", is_flag=True, help="With -l or --all: delete without a question.")
@options.ignore_not_found_option("-s", "--skip-not-exists")
@click.option("--cascade", is_flag=True, help="Also delete endpoints, peers and address blocks of a node.")
@options.filter_options
@options.write_options
def command(
    names: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    selector: str | None,
    select_all: bool,
    yes: bool,
    ignore_not_found: bool,
    cascade: bool,
    write: options.WriteContext,
    **filters: str | None,
) -> None:
    """Delete resources by name or by manifest. If one of them does not exist, nothing is deleted.

    -l and --all list the resources and require consent: at a terminal, or with --yes. Exactly the listed resources are
    deleted; if one of them changes concurrently, none. A node in use is deleted only with --cascade.

    \b
    Example:
      calicoctl delete policy database frontend
      calicoctl delete hostEndpoint eth0 --node host1
      calicoctl delete profile -l "env == 'test'"
      calicoctl delete -f policy.yaml
    """
    from calicoctl.console.names import parse_names, parse_selection
    from calicoctl.operations.delete import plan_delete
    from calicoctl.operations.write.references import reference_ranges

    values = options.given_filters(**filters)
    if selector is not None or select_all:
        if filenames or not names:
            raise UsageError("-l and --all require kinds (write KIND,...), and cannot be combined with -f")
        queries = parse_names(names, values)
        labels = parse_selection(queries, selector, select_all=select_all)
        _delete_selected(queries, labels, write, yes=yes, cascade=cascade)
        return
    resources = inputs.named_or_manifest_resources("delete", names, filenames, values, recursive=recursive)
    planner = partial(plan_delete, ignore_not_found=ignore_not_found, raw_names=bool(names), cascade=cascade)
    extra_ranges = reference_ranges([item.identifier for item in resources])
    writes.write_resources(resources, planner, write, extra_ranges)


def _delete_selected(
    queries: Sequence[Query], selector: Selector | None, write: options.WriteContext, *, yes: bool, cascade: bool
) -> None:
    """Read the resources that `-l` or `--all` selects, request consent, and delete exactly these."""
    from calicoctl.console.consent import require_consent
    from calicoctl.console.messages import current_messages
    from calicoctl.operations.delete import plan_delete_selected, select_for_deletion
    from calicoctl.operations.write.outcome import Report

    writes.refuse_client_dry_run(write, "-l and --all read the datastore")
    with connect.open_datastore(write.connection, announce=False) as datastore:
        selection = select_for_deletion(datastore, queries, selector)
    current_messages().warn(selection.warnings)
    if not selection.resources:
        results.print_report(Report((), dry_run=write.options.dry_run), write.output)
        return
    if not write.options.dry_run:
        require_consent([str(item.identifier) for item in selection.resources], datastore.endpoint, yes=yes)
    planner = partial(plan_delete_selected, selection=selection, cascade=cascade)
    writes.write_resources(selection.resources, planner, write, selection.ranges())
