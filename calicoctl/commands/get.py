"""get: print resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.commands import completing, options, session
from calicoctl.commands.speech import current

if TYPE_CHECKING:
    from calicoctl.operations.query import Query
    from calicoctl.operations.watching import Watched


@click.command(short_help="Print resources.")
@options.names("[KIND [NAME...] | KIND/NAME...]", or_all=True)
@options.manifests
@click.option(
    "-o",
    "--output",
    default="ps",
    metavar="FORM",
    shell_complete=completing.forms,
    help="ps, wide, yaml, json, name, or custom-columns=HEADING,...  [default: ps]",
)
@click.option("--ignore-not-found", is_flag=True, help="Pass over names that are not there.")
@click.option("-l", "--selector", metavar="SELECTOR", help="Only what the selector selects by its labels.")
@click.option("--show-revision", is_flag=True, help="Add resourceVersion, which guards a later write.")
@click.option("-w", "--watch", is_flag=True, help="Go on and print each change, until Ctrl-C.")
@options.filters
@options.connection
def command(
    names: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    output: str,
    ignore_not_found: bool,
    selector: str | None,
    show_revision: bool,
    watch: bool,
    target: options.Target,
    **filters: str | None,
) -> None:
    """Print resources: all of a kind, those named here, or those that manifests name.

    KIND is one of profile, policy, node, ipPool, bgpPeer, hostEndpoint and workloadEndpoint, or all. A selector
    sees the labels of profiles, and those of endpoints with what they inherit from their profiles.

    With --watch each resource comes with what became of it: ADDED, MODIFIED or DELETED. What is there already is
    ADDED first.

    \b
    Example:
      calicoctl get profile -o yaml
      calicoctl get policy/database -o wide
      calicoctl get workloadEndpoint --node host1 -l "role == 'database'"
      calicoctl get policies --watch
    """
    from calicoctl.commands.naming import parse_selector
    from calicoctl.commands.staying import show_changes
    from calicoctl.operations.watching import Watched

    queries = _queries(names, filenames, options.given(**filters), recursive=recursive)
    labels = parse_selector(selector, queries) if selector is not None else None
    show = show_changes if watch else _show
    show(target, Watched(queries, bool(names), ignore_not_found, labels, show_revision), output)


def _show(target: options.Target, wanted: Watched, output: str) -> None:
    """Print what is there now."""
    from calicoctl.operations.query import kinds_of
    from calicoctl.operations.reading import get
    from calicoctl.printers import printer_named

    kinds = kinds_of(wanted.queries)
    printer = printer_named(output, kinds)
    with session.open_datastore(target, announce=False) as datastore:
        listing = get(
            datastore,
            wanted.queries,
            raw=wanted.raw,
            ignore_not_found=wanted.ignore_not_found,
            selector=wanted.selector,
        )
    if wanted.revisions:
        listing = listing.with_revisions()
    current().warn(listing.warnings)
    click.echo(printer(listing.resources, kinds), nl=False)


def _queries(
    names: Sequence[str], filenames: Sequence[str], filters: Mapping[str, str], *, recursive: bool
) -> tuple[Query, ...]:
    """What is asked for, by words or by manifests."""
    from calicoctl.commands.naming import parse_names
    from calicoctl.errors import UsageProblem
    from calicoctl.operations.query import query_for

    if names and filenames:
        raise UsageProblem("name what to get either here or in manifests with -f, not both")
    if not names and not filenames:
        raise UsageProblem("name what to get: KIND, KIND NAME, KIND/NAME, or manifests with -f")
    if names:
        return parse_names(names, filters)
    options.refuse(filters, "-f")
    located = session.take_in(filenames, recursive=recursive, identity_only=True)
    return tuple(query_for(item.identifier) for item in located)
