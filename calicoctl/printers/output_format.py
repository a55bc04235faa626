"""Output format: a value of `-o`, with its formatters and its argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

from calicoctl.errors import UsageError
from calicoctl.lazy_dataclass import dataclass


class TextOptions(NamedTuple):
    """Options of formatters for text; formatters for JSON ignore them."""

    style: Callable[[str], str] = str
    """Adds color to a word or to a line of a unified diff."""
    summary: bool = False
    """Whether to print one line for each difference."""


@dataclass(frozen=True)
class OutputFormat:
    """A value of `-o`."""

    name: str
    description: str
    """Noun phrase for `docs/reference/output.md`."""
    formatter: str
    """`module:function` in `calicoctl.printers`.

    The function returns text that ends with a line break; that of a result of any size yields it in pieces.
    """
    argument: str = ""
    """Metavar of the argument in `-o NAME=ARGUMENT`; empty if the format has no argument."""
    stream_formatter: str = ""
    """`module:function` for `get --watch`; empty if the format is a table or cannot be combined with --watch."""
    for_users: bool = False
    """Whether the format is for users only: it has the encoding of the locale, and very long lines are clipped.

    Other formats are for programs, and are UTF-8 in any locale.
    """
    wrapped: bool = False
    """Whether a line that is wider than the terminal continues in the next line, indented."""
    argument_check: str = ""
    """`module:function` that raises UsageError for an invalid argument; empty if any argument is valid."""

    @property
    def syntax(self) -> str:
        """The value of `-o` as in help: `json`, `custom-columns=HEADING,...`."""
        return f"{self.name}={self.argument}" if self.argument else self.name


class SelectedFormat(NamedTuple):
    """An output format with its argument, from the command line."""

    format: OutputFormat
    argument: str = ""

    @property
    def name(self) -> str:
        """The name of the format."""
        return self.format.name

    def load(self) -> Callable[..., str]:
        """Import the formatter. The argument, if the format has one, is bound as the first parameter."""
        return self._bind(self.format.formatter)

    def load_pieces(self) -> Callable[..., Iterable[str]]:
        """Import a formatter that returns the text of a large result in pieces, as `load`."""
        return self._bind(self.format.formatter)

    def load_stream(self) -> Callable[..., str] | None:
        """Import the formatter of `get --watch`, as `load`.

        Returns None if the format is a table or cannot be combined with --watch.
        """
        return self._bind(self.format.stream_formatter) if self.format.stream_formatter else None

    def load_argument_check(self) -> Callable[..., None] | None:
        """Import the function that checks the argument; None if any argument is valid."""
        return _load(self.format.argument_check) if self.format.argument_check else None

    def _bind(self, reference: str) -> Callable[..., str]:
        function = _load(reference)
        return partial(function, self.argument) if self.format.argument else function


def _load(reference: str) -> Callable[..., Any]:
    module, _, name = reference.partition(":")
    function: Callable[..., Any] = getattr(import_module(f"calicoctl.printers.{module}"), name)
    return function


class OutputFormats:
    """The output formats of one type of result. The first one is the default.

    Args:
        formats: the formats in the order of help.
        unsupported: values of calicoctl 1.6.5 and kubectl that are not supported, and the message for them.
        hint: remedy for other values.
    """

    def __init__(self, *formats: OutputFormat, unsupported: Mapping[str, str] | None = None, hint: str = "") -> None:
        self._formats = {each.name: each for each in formats}
        self._unsupported = unsupported or {}
        self._hint = hint

    def __iter__(self) -> Iterator[OutputFormat]:
        return iter(self._formats.values())

    def __contains__(self, name: object) -> bool:
        return name in self._formats

    @property
    def default(self) -> OutputFormat:
        """The format without `-o`."""
        return next(iter(self))

    def select(self, text: str) -> SelectedFormat:
        """Return the format for a value of `-o`.

        Raises:
            UsageError: unknown format, or a missing or unexpected argument.
        """
        name, equals, argument = text.partition("=")
        found = self._formats.get(name)
        if found and bool(equals) == bool(found.argument):
            return SelectedFormat(found, argument)
        if name in self._unsupported:
            raise UsageError(f"-o {name}: {self._unsupported[name]}")
        if found and found.argument:
            raise UsageError(f"-o {name}: missing argument (write {found.syntax})")
        hint = f"; {self._hint}" if self._hint else ""
        raise UsageError(f"-o {text}: unknown format (formats are {', '.join(each.syntax for each in self)}{hint})")


def text_or_json(module: str, text: str, json: str, *, hint: str = "", wrapped: bool = False) -> OutputFormats:
    """Return the formats of a result with text and JSON only, whose module has `format_text` and `format_json`."""
    return OutputFormats(
        OutputFormat("text", text, f"{module}:format_text", for_users=True, wrapped=wrapped),
        OutputFormat("json", json, f"{module}:format_json"),
        hint=hint,
    )
