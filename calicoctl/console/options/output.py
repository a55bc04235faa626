"""The option `-o`, made from the table of output formats of a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from calicoctl.console.completion import values as completing
from calicoctl.errors import UsageError
from calicoctl.printers.formats import OutputFormats, SelectedFormat

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Function = TypeVar("Function", bound=Callable[..., object])


class OutputFormatType(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in later versions of click
    """A value of `-o`; the command gets a `SelectedFormat`."""

    name = "format"

    def __init__(self, formats: OutputFormats) -> None:
        self.formats = formats

    def convert(
        self, value: str | SelectedFormat, param: click.Parameter | None, ctx: click.Context | None
    ) -> SelectedFormat:
        """Return the format for a text."""
        return self.formats.select(value) if isinstance(value, str) else value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Complete formats, and the columns of `custom-columns=`."""
        return completing.output_formats(self.formats, ctx, incomplete)


class _SingleOption(click.Option):
    """Option with one value: of two different ones, Click would ignore the first without checking it."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser collect all values."""
        self.multiple = True
        super().add_to_parser(parser, ctx)
        self.multiple = False

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return the value and its source.

        Raises:
            UsageError: the option has two values.
        """
        value, source = super().consume_value(ctx, opts)
        if isinstance(value, list):
            if len(forms := dict.fromkeys(value)) > 1 and not ctx.resilient_parsing:
                for form in forms:  # the message about an unknown format has its hint, such as `plan --save`
                    self.type.convert(form, self, ctx)
                raise UsageError(f"{self.opts[0]} is given twice: {' and '.join(forms)} (write one of them)")
            value = value[-1]
        return value, source


def output_option(formats: OutputFormats) -> Callable[[Function], Function]:
    """Add `-o` with these formats. The command gets `output`, a `SelectedFormat`."""
    *names, last = (each.syntax for each in formats)
    return click.option(
        "-o",
        "--output",
        cls=_SingleOption,
        type=OutputFormatType(formats),
        default=formats.default.name,
        metavar="FORMAT",
        help=f"Output format: {', '.join(names)} or {last}.  [default: {formats.default.name}]",
    )
