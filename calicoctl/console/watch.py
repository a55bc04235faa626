"""Output of `get --watch`, which ends with Ctrl-C or when the reader closes stdout."""

from __future__ import annotations

import contextlib
import gc
import select
import sys
from typing import TYPE_CHECKING

from calicoctl.console import connect
from calicoctl.console.messages import current_messages
from calicoctl.console.option_types import ConnectionOptions
from calicoctl.console.results import print_result

if TYPE_CHECKING:
    from calicoctl.errors import DatastoreUnreachable
    from calicoctl.operations.watch import WatchRequest
    from calicoctl.printers.formats import SelectedFormat
    from calicoctl.printers.resources.print_options import PrintOptions


def print_changes(
    connection: ConnectionOptions, request: WatchRequest, output: SelectedFormat, print_options: PrintOptions
) -> None:
    """Print the requested resources and each change, until an exception.

    Raises:
        BrokenPipeError: the reader has closed stdout.
    """
    from calicoctl.operations.watch import watch
    from calicoctl.printers.resources import get_stream_printer

    format_events = get_stream_printer(output, print_options)
    gc.enable()  # __main__ disables it for short commands
    with connect.open_datastore(connection, announce=False) as datastore:
        for update in watch(datastore, request, report_connection):
            current_messages().warn(update.warnings)
            if text := format_events(update.events):
                print_result(text, output)
            check_output_open()


def report_connection(error: DatastoreUnreachable | None) -> None:
    """Warn that the datastore is unreachable; with None, report that it is reachable again."""
    if error is None:
        current_messages().info("the datastore is reachable again")
    else:
        first, *more = error.lines
        current_messages().warn([f"{first}; retrying"])
        for line in more:
            current_messages().info(line)


def check_output_open() -> None:
    """Raise BrokenPipeError if the reader has closed stdout, without writing to it."""
    if sys.stdout is None:  # closed by the caller
        raise BrokenPipeError
    with contextlib.suppress(ValueError):  # stdout is not a file
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        if any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0)):
            raise BrokenPipeError
