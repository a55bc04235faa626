"""Resources as text: tables, manifests, names, and their changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from calicoctl.kinds import Kind
    from calicoctl.printers.formats import SelectedFormat
    from calicoctl.resource import Resource

Printer: TypeAlias = "Callable[[Sequence[Resource], Sequence[Kind]], str]"
"""Formats resources. The kinds are the requested ones, in their order. The text ends with a line break."""

StreamPrinter: TypeAlias = "Callable[[Sequence[tuple[str, Resource]]], str]"
"""Formats watch events: pairs of ADDED, MODIFIED or DELETED and a resource. Called for each batch of events."""


def get_printer(output: SelectedFormat, kinds: Sequence[Kind]) -> Printer:
    """Return the printer for `-o`.

    Args:
        output: one of `formats.RESOURCES`.
        kinds: the requested kinds; empty if any kind can be printed.

    Raises:
        UsageError: unknown column.
    """
    if output.format.argument:
        from calicoctl.printers.resources.table import check_headings

        check_headings(output.argument, kinds)
    return output.load()


def get_stream_printer(output: SelectedFormat, kinds: Sequence[Kind]) -> StreamPrinter:
    """Return the printer for `-o` with --watch.

    Raises:
        UsageError: unknown column.
    """
    get_printer(output, kinds)
    if stream_printer := output.load_stream():
        return stream_printer
    from calicoctl.printers.resources import stream, table

    return stream.TableStream(kinds, table.column_selector(output.name, output.argument))
