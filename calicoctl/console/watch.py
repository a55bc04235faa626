"""Commands that stay and tell what changes: until Ctrl-C, or until nobody reads what they say."""

from __future__ import annotations

import contextlib
import gc
import select
import sys
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect
from calicoctl.console.messages import current_messages
from calicoctl.console.option_types import ConnectionOptions

if TYPE_CHECKING:
    from calicoctl.errors import DatastoreUnreachable
    from calicoctl.operations.watch import WatchRequest
    from calicoctl.printers.formats import SelectedFormat


def print_changes(connection: ConnectionOptions, request: WatchRequest, output: SelectedFormat) -> None:
    """Print what is there and each change of it, without end.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    from calicoctl.operations.read.query import kinds_of
    from calicoctl.operations.watch import watch
    from calicoctl.printers.resources import get_stream_printer

    format_events = get_stream_printer(output, kinds_of(request.queries))
    gc.enable()  # off in commands that live for moments
    with connect.open_datastore(connection, announce=False) as datastore:
        for update in watch(datastore, request, report_connection):
            current_messages().warn(update.warnings)
            if text := format_events(update.events):
                click.echo(text, nl=False)  # which flushes: whoever reads a pipe sees it now
            check_output_open()


def report_connection(error: DatastoreUnreachable | None) -> None:
    """Say on stderr that the datastore is away, or with None that it is back."""
    if error is None:
        current_messages().info("the datastore can be reached again")
    else:
        first, *more = error.lines
        current_messages().warn(["\n".join([f"{first}; trying again", *more])])


def check_output_open() -> None:
    """Raise BrokenPipeError when nobody reads stdout any more, without writing to it."""
    if sys.stdout is None:  # closed by the caller
        raise BrokenPipeError
    with contextlib.suppress(ValueError):  # no file at all
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        if any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0)):
            raise BrokenPipeError
