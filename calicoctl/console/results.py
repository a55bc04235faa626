"""Prints results on stdout in the requested format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from calicoctl.console.colors import style, visible_length
from calicoctl.console.messages import current_messages
from calicoctl.console.streams import write_result
from calicoctl.console.terminal import terminal_width
from calicoctl.printable import wrap_lines
from calicoctl.printers import formats

if TYPE_CHECKING:
    from collections.abc import Callable

    from calicoctl.operations.get import Listing
    from calicoctl.operations.write.outcome import Report

_MAX_PENDING_PIECES = 1000
_MAX_PENDING_SECONDS = 0.2


def print_result(text: str, output: formats.SelectedFormat) -> None:
    """Print a formatted result."""
    if output.format.wrapped and (columns := terminal_width()):
        text = wrap_lines(text, columns, visible_length)
    write_result(text, machine=not output.format.for_users, color=current_messages().color)


def print_pieces(pieces: Iterable[str], output: formats.SelectedFormat) -> None:
    """Print a formatted result piece by piece. Small pieces are printed together if they do not take long to make."""
    from time import monotonic

    pending: list[str] = []
    printed_at = monotonic()
    for piece in pieces:
        pending.append(piece)
        if len(pending) >= _MAX_PENDING_PIECES or monotonic() - printed_at > _MAX_PENDING_SECONDS:
            print_result("".join(pending), output)
            pending, printed_at = [], monotonic()
    print_result("".join(pending), output)


def print_text(text: str) -> None:
    """Print text for users that has no output format."""
    write_result(text, machine=False, color=current_messages().color)


def print_document(text: str) -> None:
    """Print text for programs that has no output format: a manifest or a script."""
    write_result(text, machine=True)


def print_report(report: Report, output: formats.SelectedFormat) -> None:
    """Print the warnings of a report and the result of each resource."""
    current_messages().warn(report.warnings)
    print_result(output.load()(report, formats.TextOptions(style)), output)


def print_listing(listing: Listing, print_resources: Callable[[Listing], None]) -> None:
    """Print the warnings and the resources of a listing, then raise its error. Without any resource, print no result.

    Raises:
        NotFound: a requested name does not exist.
    """
    messages, error = current_messages(), listing.error
    messages.warn(listing.warnings)
    if error:
        messages.exit_code = error.exit_code
    if listing.resources or not error:
        print_resources(listing)
    if error:
        raise error


def print_record(value: object, text: str, output: formats.SelectedFormat) -> None:
    """Print a value as JSON, or the text with the same content."""
    selected = formats.RECORD.select(output.name)
    print_result(selected.load()(value, text), selected)


def finish(text: str, code: int, output: formats.SelectedFormat) -> None:
    """Print a result and set the exit code of the command, which is kept if the reader closes the pipe."""
    current_messages().exit_code = code
    print_result(text, output)
