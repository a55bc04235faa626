"""Prints results on stdout in the requested format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.console.colors import style
from calicoctl.console.messages import current_messages
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.operations.write.outcome import Report


def print_report(report: Report, output: formats.SelectedFormat) -> None:
    """Print the warnings of a report and the result of each resource."""
    current_messages().warn(report.warnings)
    click.echo(output.load()(report, formats.TextOptions(style)), nl=False)


def print_record(value: object, text: str, output: formats.SelectedFormat) -> None:
    """Print a value as JSON, or the text with the same content."""
    click.echo(formats.RECORD.select(output.name).load()(value, text), nl=False)


def finish(text: str, code: int) -> None:
    """Print a result and set the exit code of the command, which is kept if the reader closes the pipe."""
    current_messages().exit_code = code
    # The name of a file need not be UTF-8; output must be.
    click.echo(text.encode(errors="backslashreplace").decode(), nl=False)
