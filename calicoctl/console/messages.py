"""Warnings and errors on stderr: one line each, as text or as JSON."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import click

from calicoctl.console.colors import color_setting, style
from calicoctl.errors import NO_POSITION, CalicoctlError, Problem
from calicoctl.printers.record import problem_location

_JSON_OPTION = re.compile(r"(-[A-Za-z]*o[= ]?|--output[= ])json")
"""Matches options for JSON output: `-o json`, `-o=json`, `-wo json`, `--output=json`."""


@dataclass
class Messages:
    """Writer of warnings and errors. A closed stderr is ignored."""

    json: bool = False
    color: bool | None = field(default_factory=lambda: color_setting("auto"))
    exit_code: int = 0
    """Exit code of the command; also used if the reader closes the pipe."""

    @classmethod
    def from_argv(cls, argv: Sequence[str]) -> Messages:
        """Return a writer of JSON if the output format is JSON.

        Searches the arguments without parsing them, so that usage errors are in JSON, too.
        """
        args = tuple(argv)
        args = args[: args.index("--")] if "--" in args else args
        pairs = (f"{word} {following}" for word, following in pairwise((*args, "")))
        return cls(any(_JSON_OPTION.fullmatch(word) for word in args) or any(map(_JSON_OPTION.fullmatch, pairs)))

    def info(self, text: str) -> None:
        """Write information for the user; nothing with JSON output."""
        if not self.json:
            self._write(text)

    def warn(self, warnings: Iterable[str | Problem]) -> None:
        """Write warnings."""
        for warning in warnings:
            if self.json:
                self._write_json({**_position_record(warning), "warning": _message_text(warning)})
            else:
                self._write(f"{style('warning:')} {warning}")

    def error(self, error: CalicoctlError) -> None:
        """Write the warnings and the messages of an error."""
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
            click.echo(text, err=True, color=self.color)

    def _write_json(self, record: dict[str, Any]) -> None:
        import json

        self._write(json.dumps(record, ensure_ascii=False))


def current_messages(context: click.Context | None = None) -> Messages:
    """Return the writer of the current command."""
    context = context or click.get_current_context(silent=True)
    return (context and context.find_object(Messages)) or Messages()


def _style_message(message: str | Problem) -> str:
    """Return a message with its position in bold."""
    if isinstance(message, str) or not str(message.position):
        return str(message)
    position = str(message.position)
    return click.style(position, bold=True) + str(message).removeprefix(position)


def _message_text(message: str | Problem) -> str:
    return message.message if isinstance(message, Problem) else message


def _position_record(message: str | Problem) -> dict[str, Any]:
    """Return the location of a message with the keys of `problem_location`."""
    return problem_location(message if isinstance(message, Problem) else _NO_PROBLEM)


_NO_PROBLEM = Problem(NO_POSITION)
