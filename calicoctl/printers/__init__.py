"""Resources to text: one printer for each form of `-o`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from calicoctl.errors import UsageProblem

if TYPE_CHECKING:
    from calicoctl.kinds import Kind
    from calicoctl.resource import Resource

Printer: TypeAlias = "Callable[[Sequence[Resource], Sequence[Kind]], str]"
"""Takes resources and the kinds that were asked for, in their order; gives text that ends with a line break."""

Stream: TypeAlias = "Callable[[Sequence[tuple[str, Resource]]], str]"
"""Takes what has become of resources (ADDED, MODIFIED, DELETED) time after time, beginning with all that are there;
gives text to go on with."""

FORMS = ("ps", "wide", "yaml", "json", "name", "custom-columns=HEADING,...")


def stream_named(form: str, kinds: Sequence[Kind]) -> Stream:
    """The printer for a form of output with --watch.

    Raises:
        UsageProblem: there is no such form, or no such column.
    """
    printer_named(form, kinds)  # refuses what there is not
    from calicoctl.printers import stream, table

    name, _, argument = form.partition("=")
    if name in {"yaml", "json", "name"}:
        return {"yaml": stream.yaml, "json": stream.json, "name": stream.names}[name]
    return stream.Rows(kinds, table.columns_of(name, argument))


def printer_named(form: str, kinds: Sequence[Kind] | None) -> Printer:
    """The printer for a form of output.

    Args:
        form: the value of `-o`.
        kinds: the kinds that will be printed, where that is known already.

    Raises:
        UsageProblem: there is no such form, or no such column.
    """
    name, equals, argument = form.partition("=")
    if name in {"yaml", "json", "name"} and not equals:
        from calicoctl.printers import manifests

        return {"yaml": manifests.yaml, "json": manifests.json, "name": manifests.names}[name]
    if name in {"ps", "wide"} and not equals:
        from calicoctl.printers import table

        return table.wide if name == "wide" else table.ps
    if name == "custom-columns":
        from calicoctl.printers import table

        return table.custom(argument, kinds)
    if name in {"go-template", "go-template-file"}:
        raise UsageProblem(f"-o {name} is not supported: templates are in Go (use -o json, or -o custom-columns=)")
    raise UsageProblem(f"-o {form}: there is no such output (choose {', '.join(FORMS)})")
