"""What is said on stderr: warnings and errors, as text or as JSON, a line each."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import click

from calicoctl.console.colours import colour_setting, style
from calicoctl.errors import CalicoctlError, Problem

_JSON_OPTION = re.compile(r"(-[A-Za-z]*o ?|--output[= ])json")
"""How JSON is asked for, with the words of a command line parted by spaces: `-o json`, `-wo json`, `--output=json`."""


@dataclass
class Messages:
    """How a command speaks of what goes wrong. That nobody listens is no reason to do less."""

    json: bool = False
    colour: bool | None = field(default_factory=lambda: colour_setting("auto"))
    exit_code: int = 0
    """The exit code of a result, also when nobody reads it to the end."""

    @classmethod
    def from_argv(cls, argv: Sequence[str]) -> Messages:
        """JSON where the results are JSON. It is found without parsing: usage errors are said this way as well."""
        args = tuple(argv)
        args = args[: args.index("--")] if "--" in args else args
        pairs = (f"{word} {following}" for word, following in pairwise((*args, "")))
        return cls(any(_JSON_OPTION.fullmatch(word) for word in args) or any(map(_JSON_OPTION.fullmatch, pairs)))

    def info(self, text: str) -> None:
        """Something that is good to know for a person; JSON goes without."""
        if not self.json:
            self._write(text)

    def warn(self, warnings: Iterable[str | Problem]) -> None:
        """Say what is surprising."""
        for warning in warnings:
            if self.json:
                self._write_json({**_position_record(warning), "warning": _message_text(warning)})
            else:
                self._write(f"{style('warning:')} {warning}")

    def error(self, error: CalicoctlError) -> None:
        """Say why nothing was done, after what there is to warn of."""
        self.warn(error.warnings)
        if not self.json:
            for message in error.messages:
                self._write(_style_message(message))
            return
        records: list[dict[str, Any]] = []
        for message in error.messages:
            if records and isinstance(message, str) and message.startswith("  "):
                records[-1]["details"].append(message.strip())
            else:
                fields: dict[str, Any] = {
                    "action": None,
                    "error": _message_text(message),
                    "details": [],
                    "exitCode": error.exit_code,
                }
                records.append({**_position_record(message), **fields})
        for record in records:
            self._write_json(record)

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            click.echo(text, err=True, color=self.colour)

    def _write_json(self, record: dict[str, Any]) -> None:
        import json

        self._write(json.dumps(record, ensure_ascii=False))


def current_messages(context: click.Context | None = None) -> Messages:
    """The speech of the command that runs."""
    context = context or click.get_current_context(silent=True)
    return (context and context.find_object(Messages)) or Messages()


def _style_message(message: str | Problem) -> str:
    """A cause whose place stands out."""
    if isinstance(message, str) or not str(message.position):
        return str(message)
    position = str(message.position)
    return click.style(position, bold=True) + str(message).removeprefix(position)


def _message_text(message: str | Problem) -> str:
    return message.message if isinstance(message, Problem) else message


def _position_record(message: str | Problem) -> dict[str, Any]:
    """Where something is wrong, in the fields that results have as well."""
    if isinstance(message, str):
        return {"kind": None, "name": None, "file": None, "line": None, "column": None, "path": None}
    kind, _, name = message.subject.partition("/")
    position = message.position
    return {
        "kind": kind or None,
        "name": name or None,
        "file": position.source or None,
        "line": position.line or None,
        "column": position.column or None,
        "path": message.path or None,
    }
