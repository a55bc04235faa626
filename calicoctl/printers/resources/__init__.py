"""Resources as text: tables, manifests, names, and their changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from calicoctl.errors import UsageError

if TYPE_CHECKING:
    from calicoctl.printers.formats import SelectedFormat
    from calicoctl.printers.resources.print_options import PrintOptions
    from calicoctl.resource import Resource

Printer: TypeAlias = "Callable[[Sequence[Resource], PrintOptions], str]"
"""Formats resources. The text ends with a line break, except that of a JSONPath template."""

StreamPrinter: TypeAlias = "Callable[[Sequence[tuple[str, Resource]]], str]"
"""Formats watch events: pairs of ADDED, MODIFIED or DELETED and a resource. Called for each batch of events."""

TABLE_FORMATS = ("ps", "wide", "custom-columns")
"""Formats with a table for each kind. With --watch, rows are added to the table."""


def get_printer(output: SelectedFormat, options: PrintOptions) -> Printer:
    """Return the printer for `-o`.

    Args:
        output: one of `formats.RESOURCES`.
        options: the requested kinds.

    Raises:
        UsageError: unknown column, or invalid path.
    """
    if check := output.load_argument_check():
        check(output.argument, options)
    return output.load()


def get_stream_printer(output: SelectedFormat, options: PrintOptions) -> StreamPrinter:
    """Return the printer for `-o` with --watch.

    Raises:
        UsageError: unknown column, invalid path, or a format without events.
    """
    get_printer(output, options)
    if stream_printer := output.load_stream():
        return stream_printer
    if output.name not in TABLE_FORMATS:
        raise UsageError(f"-o {output.name} cannot be combined with --watch")
    from calicoctl.printers.resources import columns, stream

    return stream.TableStream(options, columns.column_selector(output.name, output.argument, labels=options.labels))
