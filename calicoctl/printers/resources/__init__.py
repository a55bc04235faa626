"""Resources to text: one printer for each form of `-o`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from calicoctl.errors import UsageError

if TYPE_CHECKING:
    from calicoctl.kinds import Kind
    from calicoctl.resource import Resource

Printer: TypeAlias = "Callable[[Sequence[Resource], Sequence[Kind]], str]"
"""Takes resources and the kinds that were asked for, in their order; gives text that ends with a line break."""

StreamPrinter: TypeAlias = "Callable[[Sequence[tuple[str, Resource]]], str]"
"""Takes what has become of resources (ADDED, MODIFIED, DELETED) time after time, beginning with all that are there;
gives text to go on with."""

OUTPUT_FORMATS = ("ps", "wide", "yaml", "json", "name", "custom-columns=HEADING,...")


def get_stream_printer(output_format: str, kinds: Sequence[Kind]) -> StreamPrinter:
    """The printer for a form of output with --watch.

    Raises:
        UsageProblem: there is no such form, or no such column.
    """
    get_printer(output_format, kinds)  # refuses what there is not
    from calicoctl.printers.resources import stream, table

    name, _, argument = output_format.partition("=")
    if name in {"yaml", "json", "name"}:
        return {"yaml": stream.format_yaml, "json": stream.format_json, "name": stream.format_names}[name]
    return stream.TableStream(kinds, table.column_selector(name, argument))


def get_printer(output_format: str, kinds: Sequence[Kind] | None) -> Printer:
    """The printer for a form of output.

    Args:
        output_format: the value of `-o`.
        kinds: the kinds that will be printed, where that is known already.

    Raises:
        UsageProblem: there is no such form, or no such column.
    """
    name, equals, argument = output_format.partition("=")
    if name in {"yaml", "json", "name"} and not equals:
        from calicoctl.printers.resources import manifests

        return {"yaml": manifests.format_yaml, "json": manifests.format_json, "name": manifests.format_names}[name]
    if name in {"ps", "wide"} and not equals:
        from calicoctl.printers.resources import table

        return table.format_wide if name == "wide" else table.format_ps
    if name == "custom-columns":
        from calicoctl.printers.resources import table

        return table.custom_columns_printer(argument, kinds)
    if name in {"go-template", "go-template-file"}:
        raise UsageError(f"-o {name} is not supported: templates are in Go (use -o json, or -o custom-columns=)")
    raise UsageError(f"-o {output_format}: there is no such output (choose {', '.join(OUTPUT_FORMATS)})")
