"""get: print resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, inputs, options, results
from calicoctl.console.activity import ACTIVITY
from calicoctl.errors import UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.datastore import SnapshotReader
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.read.query import Query
    from calicoctl.operations.watch import WatchRequest
    from calicoctl.printers.resources.print_options import PrintOptions
    from calicoctl.resource import Resource


@click.command()
@options.names_argument("[KIND,... [NAME...] | KIND/NAME...]", allow_all=True)
@options.manifest_options
@options.output_option(formats.RESOURCES)
@options.ignore_not_found_option()
@click.option("-l", "--selector", metavar="SELECTOR", help="Only resources whose labels match the selector.")
@options.set_filter_option
@click.option("--show-revision", is_flag=True, help="Print resourceVersion, which detects conflicts of a later write.")
@options.table_options
@click.option("-w", "--watch", is_flag=True, help="After listing, print changes until Ctrl-C.")
@options.at_option("Print the resources as they were at this revision of etcd, if it was not compacted since.")
@options.filter_options
@options.connection_options
def command(
    names: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    output: formats.SelectedFormat,
    ignore_not_found: bool,
    selector: str | None,
    set_name: str | None,
    show_revision: bool,
    table: options.TableOptions,
    watch: bool,
    at: int | None,
    connection: options.ConnectionOptions,
    **filters: str | None,
) -> None:
    """Print resources: all of a kind, by name, or by manifest.

    KIND is profile, policy, node, ipPool, bgpPeer, hostEndpoint, workloadEndpoint or all. A selector matches labels of
    profiles and endpoints, including the labels that endpoints inherit from their profiles.

    With --watch, each resource has an event: ADDED, MODIFIED or DELETED. Existing resources are ADDED first.

    \b
    Example:
      calicoctl get profile,policy -o name
      calicoctl get policy/database -o yaml --at 57
      calicoctl get workloadEndpoint --node host1 -l "role == 'database'"
      calicoctl get profile -o jsonpath='{.items[*].metadata.name}'
      calicoctl get policies --watch
    """
    from calicoctl.console.names import parse_selector
    from calicoctl.operations.watch import WatchRequest

    queries = _parse_queries(names, filenames, options.given_filters(**filters), recursive=recursive)
    queries = tuple(replace(query, set_name=set_name) for query in queries)
    labels = parse_selector(selector, queries) if selector is not None else None
    request = WatchRequest(queries, bool(names), ignore_not_found, labels, show_revision)
    print_results = _print_changes if watch else _print_resources
    print_results(connection, request, output, table, at or 0)


def _print_changes(
    connection: options.ConnectionOptions,
    request: WatchRequest,
    output: formats.SelectedFormat,
    table: options.TableOptions,
    revision: int,
) -> None:
    """Print the requested resources and their changes."""
    from calicoctl.console.watch import print_changes

    if revision:
        raise UsageError("--at cannot be combined with --watch")
    if table.sort_by is not None:
        raise UsageError("--sort-by cannot be combined with --watch")
    print_changes(connection, request, output, _make_print_options(request.queries, table))


def _print_resources(
    connection: options.ConnectionOptions,
    request: WatchRequest,
    output: formats.SelectedFormat,
    table: options.TableOptions,
    revision: int,
) -> None:
    """Print the requested resources, at a revision or (0) the latest."""
    from calicoctl.operations.get import get_resources
    from calicoctl.printers.resources import get_printer

    print_options = _make_print_options(request.queries, table)
    printer = get_printer(output, print_options)
    sort_resources = _sort_function(table.sort_by)
    ACTIVITY.start("reading")
    with connect.open_datastore(connection, announce=False) as datastore:
        listing = get_resources(
            _at_revision(datastore, revision),
            request.queries,
            raw_names=request.raw_names,
            ignore_not_found=request.ignore_not_found,
            selector=request.selector,
        )
    if request.show_revision:
        listing = listing.with_revisions()
    results.print_listing(
        listing,
        lambda found: results.print_result(printer(sort_resources(found.resources), print_options), output),
    )


def _at_revision(datastore: Datastore, revision: int) -> SnapshotReader:
    """Return the datastore at a revision, or (0) the latest one."""
    if not revision:
        return datastore
    from calicoctl.datastore.past_revisions import PastRevision

    return PastRevision(datastore, revision)


def _make_print_options(queries: Sequence[Query], table: options.TableOptions) -> PrintOptions:
    from calicoctl.operations.read.query import is_single, kinds_of
    from calicoctl.printers.resources.print_options import PrintOptions

    return PrintOptions(kinds_of(queries), table.headings, table.labels, is_single(queries))


def _sort_function(field: str | None) -> Callable[[Sequence[Resource]], Sequence[Resource]]:
    """Return the function that sorts the resources for `--sort-by`; without it, they have their order."""
    if field is None:
        return lambda resources: resources
    from calicoctl.printers.resources import order

    return partial(order.sort_resources, path=order.parse_sort_field(field), field=field)


def _parse_queries(
    names: Sequence[str], filenames: Sequence[str], filters: Mapping[str, str], *, recursive: bool
) -> tuple[Query, ...]:
    """Return the queries for resource names or manifests."""
    from calicoctl.console.names import parse_names, refuse_files
    from calicoctl.operations.read.query import query_for

    refuse_files(names)
    if names and filenames:
        raise UsageError("resource names and -f cannot be combined")
    if not names and not filenames:
        raise UsageError("missing resources to get (write KIND, KIND NAME, KIND/NAME, or -f PATH)")
    if names:
        return parse_names(names, filters)
    options.refuse_filters(filters, "-f")
    resources = inputs.read_resources(filenames, recursive=recursive, identity_only=True, defer_problems=True)
    return tuple(query_for(item.identifier) for item in resources)
