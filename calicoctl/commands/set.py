"""set: list the sets of the datastore, print one, and change its members."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, options, results, writes
from calicoctl.console.completion import sets
from calicoctl.console.messages import current_messages
from calicoctl.errors import NotFound, UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.resource import Identifier, LocatedResource

_set_argument = click.argument("name", metavar="SET", callback=options.check_set_name, shell_complete=sets.set_names)


@click.group("set")
def command() -> None:
    """List the sets of resources, print one, and change its members.

    `apply --set SET` creates a set, and `apply --set SET --prune` deletes members that are not in the manifests. A
    resource belongs to one set at most.
    """


@command.command("list", short_help="List the sets of the datastore.")
@options.output_option(formats.SETS)
@options.connection_options
def list_command(output: formats.SelectedFormat, connection: options.ConnectionOptions) -> None:
    """List the sets of the datastore, with the number of their members.

    \b
    Example:
      calicoctl set list
    """
    results.print_result(output.load()(_read_sets(connection)), output)


@command.command(short_help="Print the members of a set.")
@_set_argument
@options.output_option(formats.RESOURCES)
@options.connection_options
def show(name: str, output: formats.SelectedFormat, connection: options.ConnectionOptions) -> None:
    """Print the members of a set, as `get all --set SET` does. The exit code is 6 if it has none.

    \b
    Example:
      calicoctl set show web
      calicoctl set show web -o yaml
    """
    from calicoctl.kinds import KINDS
    from calicoctl.operations.get import get_resources
    from calicoctl.operations.read.query import Query
    from calicoctl.operations.sets import read_sets, unknown_set_message
    from calicoctl.printers.resources import get_printer
    from calicoctl.printers.resources.print_options import PrintOptions

    print_options = PrintOptions(KINDS)
    printer = get_printer(output, print_options)
    with connect.open_datastore(connection, announce=False) as datastore:
        listing = get_resources(datastore, [Query(kind, {}, name) for kind in KINDS])
        current_messages().warn(listing.warnings)
        if not listing.resources:
            raise NotFound(unknown_set_message(name, read_sets(datastore)))
    results.print_result(printer(listing.resources, print_options), output)


@command.command(short_help="Add stored resources to a set.")
@_set_argument
@options.names_argument("KIND/NAME...")
@click.option("--force", is_flag=True, help="Move resources that belong to another set.")
@options.write_options
def add(name: str, names: tuple[str, ...], force: bool, write: options.WriteContext) -> None:
    """Add stored resources to a set, or move them from another one with --force.

    \b
    Example:
      calicoctl set add web policy/frontend profile/frontend
    """
    from calicoctl.operations.sets import plan_join

    writes.refuse_client_dry_run(write, "set add reads the resources")
    writes.write_resources(_parse_members(names), partial(plan_join, set_name=name, force=force), write)


@command.command()
@click.argument("names", nargs=-1, metavar="[SET] [KIND/NAME...]", shell_complete=sets.set_members)
@click.option("--all", "select_all", is_flag=True, help="Remove all members of the set SET, which ends the set.")
@options.write_options
def remove(names: tuple[str, ...], select_all: bool, write: options.WriteContext) -> None:
    """Remove resources from their set. They stay in the datastore, and are no longer pruned.

    With SET, a resource that is not a member of this set is an error.

    \b
    Example:
      calicoctl set remove policy/frontend
      calicoctl set remove web --all
    """
    from calicoctl.operations.sets import plan_leave

    writes.refuse_client_dry_run(write, "set remove reads the resources")
    has_set = bool(names) and "/" not in names[0]
    set_name, members = (names[0], names[1:]) if has_set else (None, names)
    if select_all and (set_name is None or members):
        raise UsageError("--all requires SET and no KIND/NAME")
    resources = _read_members(set_name, write.connection) if select_all and set_name else _parse_members(members)
    writes.write_resources(resources, partial(plan_leave, set_name=set_name), write)


def _parse_members(names: Sequence[str]) -> tuple[LocatedResource, ...]:
    from calicoctl.console.names import parse_names, require_full_names

    if not names:
        raise UsageError("missing resources (write KIND/NAME...)")
    if wrong := next((name for name in names if "/" not in name), None):
        raise UsageError(f"{wrong!r}: expected KIND/NAME")
    return require_full_names(parse_names(names, {}), "set")


def _read_members(set_name: str, connection: options.ConnectionOptions) -> tuple[LocatedResource, ...]:
    from calicoctl.operations.sets import unknown_set_message
    from calicoctl.resource import LocatedResource

    stored = _read_sets(connection)
    if set_name not in stored:
        raise NotFound(unknown_set_message(set_name, stored))
    return tuple(map(LocatedResource, stored[set_name]))


def _read_sets(connection: options.ConnectionOptions) -> dict[str, tuple[Identifier, ...]]:
    from calicoctl.operations.sets import read_sets

    with connect.open_datastore(connection, announce=False) as datastore:
        return read_sets(datastore)
