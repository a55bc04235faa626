"""label: set and remove labels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, options, results, writes
from calicoctl.errors import UsageError

if TYPE_CHECKING:
    from calicoctl.operations.label import LabelChanges
    from calicoctl.operations.read.query import Query


@click.command()
@options.names_argument("KIND,... [NAME...] | KIND/NAME... KEY=VALUE... KEY-...")
@click.option("-l", "--selector", metavar="SELECTOR", help="Label all resources of the kinds that match the selector.")
@click.option("--all", "select_all", is_flag=True, help="Label all resources of the kinds.")
@click.option("--list", "list_labels", is_flag=True, help="Print the labels of the resources; nothing is changed.")
@click.option("--overwrite", is_flag=True, help="Change labels with another value.")
@options.filter_options
@options.write_options
def command(
    names: tuple[str, ...],
    selector: str | None,
    select_all: bool,
    list_labels: bool,
    overwrite: bool,
    write: options.WriteContext,
    **filters: str | None,
) -> None:
    """Set (KEY=VALUE) and remove (KEY-) labels of profiles and endpoints, or list them.

    A label with another value is changed only with --overwrite. Selectors match the same labels as in `get`.

    \b
    Example:
      calicoctl label profile web tier=front
      calicoctl label profile --list
      calicoctl label hostEndpoint --all --node host1 zone=edge old-
    """
    from calicoctl.console.names import parse_names, require_full_names, require_labelled_kinds
    from calicoctl.operations.label import check_labels, plan_label
    from calicoctl.operations.read.query import kinds_of

    resource_names, changes = _split_names_and_labels(names, required=not list_labels)
    queries = parse_names(resource_names, options.given_filters(**filters))
    require_labelled_kinds(queries, "label")
    if list_labels:
        _refuse_changes(changes, overwrite=overwrite)
        _print_labels(queries, selector, write, select_all=select_all)
        return
    for kind in kinds_of(queries):
        check_labels(kind, changes)
    if selector is None and not select_all:
        writes.write_resources(
            require_full_names(queries, "label", "-l or --all"),
            partial(plan_label, changes=changes, overwrite=overwrite),
            write,
        )
    else:
        _label_selected(queries, selector, changes, overwrite=overwrite, select_all=select_all, write=write)


def _label_selected(
    queries: Sequence[Query],
    selector: str | None,
    changes: LabelChanges,
    *,
    overwrite: bool,
    select_all: bool,
    write: options.WriteContext,
) -> None:
    """Read the resources that match `-l` or `--all`, and label them."""
    from calicoctl.console.names import parse_selection, parse_selector
    from calicoctl.operations.get import get_resources
    from calicoctl.operations.label import LabelSelection, plan_label_selected
    from calicoctl.operations.read.query import kinds_of
    from calicoctl.resource import LocatedResource

    writes.refuse_client_dry_run(write, "-l and --all read the datastore")
    label_selector = parse_selection(queries, selector, select_all=select_all) or parse_selector("all()", queries)
    with connect.open_datastore(write.connection, announce=False) as datastore:
        listing = get_resources(datastore, queries, selector=label_selector)
    resources = [LocatedResource(name) for name in dict.fromkeys(resource.identifier for resource in listing.resources)]
    selection = LabelSelection(kinds_of(queries), label_selector)
    planner = partial(plan_label_selected, selection=selection, changes=changes, overwrite=overwrite)
    writes.write_resources(resources, planner, write, selection.ranges())


def _refuse_changes(changes: LabelChanges, *, overwrite: bool) -> None:
    """Raise UsageError if `--list` is combined with changes."""
    if changes or overwrite:
        raise UsageError("--list cannot be combined with changes of labels")


def _print_labels(
    queries: Sequence[Query], selector: str | None, write: options.WriteContext, *, select_all: bool
) -> None:
    """Print the labels of resources: all of the kinds, by name, or by selector."""
    from calicoctl.console.names import parse_selection
    from calicoctl.operations.get import Listing, get_resources
    from calicoctl.operations.read.query import is_single
    from calicoctl.printers import labels

    by_labels = selector is not None or select_all
    label_selector = parse_selection(queries, selector, select_all=select_all) if by_labels else None
    with connect.open_datastore(write.connection, announce=False) as datastore:
        listing = get_resources(datastore, queries, raw_names=True, selector=label_selector)

    def print_labels(found: Listing) -> None:
        text = labels.format_text(found.resources, single=is_single(queries))
        results.print_record(labels.to_records(found.resources), text, write.output)

    results.print_listing(listing, print_labels)


def _split_names_and_labels(args: Sequence[str], *, required: bool) -> tuple[Sequence[str], LabelChanges]:
    """Split the arguments into resource names and the label changes that follow them."""
    split_at = next((index for index, word in enumerate(args) if _is_label_change(word)), len(args))
    names, label_args = args[:split_at], args[split_at:]
    if not names:
        raise UsageError("missing resources to label (write KIND NAME..., KIND/NAME..., or KIND,... with -l or --all)")
    if required and not label_args:
        raise UsageError("missing labels (write KEY=VALUE to set a label, KEY- to remove it)")
    changes: dict[str, str | None] = {}
    for word in label_args:
        key, equals, text = word.partition("=")
        if not equals and not word.endswith("-"):
            raise UsageError(
                f"invalid label {word!r} (write KEY=VALUE to set a label, KEY- to remove it; names precede labels)"
            )
        key = key if equals else word[:-1]
        if not key:
            raise UsageError(f"invalid label {word!r}: missing key")
        if key in changes:
            raise UsageError(f"duplicate label {key!r}")
        changes[key] = text if equals else None
    return names, changes


def _is_label_change(word: str) -> bool:
    """Whether an argument is KEY=VALUE or KEY-, and not a KIND/NAME that ends with a dash."""
    from calicoctl.kinds import find_kind

    kind, slash, _ = word.partition("/")
    return "=" in word or (word.endswith("-") and not (slash and find_kind(kind)))
