"""history: print the commands that changed the datastore."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, options, results
from calicoctl.console.colors import style
from calicoctl.console.messages import current_messages
from calicoctl.errors import UsageError
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.operations.history.log import HistoryLog
    from calicoctl.operations.read.query import Query

_MAX_REVISION_DIGITS = 19
"""Digits of the largest revision of etcd, which has 64 bits."""


@click.command()
@options.names_argument("[REVISION | KIND,... [NAME...] | KIND/NAME...]")
@options.output_option(formats.HISTORY)
@options.filter_options
@click.option("--limit", type=click.IntRange(min=1), metavar="NUMBER", help="Maximum number of commands: the newest.")
@options.connection_options
def command(
    names: tuple[str, ...],
    output: formats.SelectedFormat,
    limit: int | None,
    connection: options.ConnectionOptions,
    **filters: str | None,
) -> None:
    """Print the commands that changed the datastore, the oldest first, or the changes of one.

    Each command is recorded in the datastore, in the same transactions as its changes: time, user and host or CI job,
    command and resources. With KIND and NAME, only commands that changed these resources are printed. The setting
    history limits the number of commands, or turns the record off. Changes by other programs are not recorded.

    \b
    Example:
      calicoctl history --limit 10
      calicoctl history policy database
      calicoctl history 57
    """
    from calicoctl.console.names import parse_names
    from calicoctl.operations.history.log import read_history

    values = options.given_filters(**filters)
    if len(names) == 1 and names[0].isascii() and names[0].isdigit() and len(names[0]) <= _MAX_REVISION_DIGITS:
        options.refuse_filters(values, "history REVISION")
        if limit is not None:
            raise UsageError("--limit cannot be combined with REVISION")
        _print_changes(int(names[0]), output, connection)
        return
    queries = parse_names(names, values) if names else ()
    if not names:
        options.refuse_filters(values, "history without KIND")
    with connect.open_datastore(connection, announce=False) as datastore:
        log = read_history(datastore)
    current_messages().warn([*log.warnings, *_missing_changes(log, queries)])
    commands = [each for each in log.commands if not names or each.concerns(queries)]
    results.print_result(output.load()(commands[-(limit or 0) :]), output)


def _missing_changes(log: HistoryLog, queries: Sequence[Query]) -> Iterator[str]:
    """Yield a message for each named resource that no command changed."""
    for query in queries:
        if query.has_name and not any(each.concerns([query]) for each in log.commands):
            yield f"no recorded command changed {query}"


def _print_changes(revision: int, output: formats.SelectedFormat, connection: options.ConnectionOptions) -> None:
    """Print the changes of the command with a revision."""
    from calicoctl.operations.command_changes import command_changes
    from calicoctl.operations.history.log import read_history
    from calicoctl.printers.history import format_heading

    selected = formats.DIFF.select("json" if output.name == "json" else "text")
    with connect.open_datastore(connection, announce=False) as datastore:
        log = read_history(datastore)
        logged = log.command_at(revision)
        diffs, messages = command_changes(datastore, log, logged)
    current_messages().warn([*log.warnings, *messages])
    text = selected.load()(diffs, formats.TextOptions(style))
    heading = format_heading(logged) if selected.format.for_users else ""
    results.print_result(f"{heading}{text}", selected)
