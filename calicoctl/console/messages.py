"""Warnings and errors on stderr: one line each, as text or as JSON."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from itertools import pairwise
from typing import Any

import click

from calicoctl.console.colors import bold, color_setting, style, visible_length
from calicoctl.console.streams import message_line, write_message
from calicoctl.console.terminal import terminal_width
from calicoctl.errors import NO_POSITION, CalicoctlError, Problem
from calicoctl.lazy_dataclass import dataclass
from calicoctl.name_list import count_noun
from calicoctl.printable import clip, escape_json, wrap_lines
from calicoctl.printers.record import problem_location

_JSON_OPTION = re.compile(r"(-[A-Za-z]*o[= ]?|--output[= ])json")
"""Matches options for JSON output: `-o json`, `-o=json`, `-wo json`, `--output=json`."""

_MAX_MESSAGES = 200
"""Maximum number of warnings, or of messages of an error, that are written together."""


@dataclass
class Messages:
    """Writer of warnings and errors. A closed stderr is ignored."""

    json: bool = False
    color: bool | None = field(default_factory=lambda: color_setting("auto"))
    exit_code: int = 0
    """Exit code of the command; also used if the reader closes the pipe."""
    finished_work: str = ""
    """Changes of the datastore that are done but not yet reported, such as `2 created`."""

    @classmethod
    def from_argv(cls, argv: Sequence[str]) -> Messages:
        """Return a writer of JSON if the output format is JSON.

        Searches the arguments without parsing them, so that usage errors are in JSON, too.
        """
        args = tuple(argv)
        args = args[: args.index("--")] if "--" in args else args
        pairs = (f"{word} {following}" for word, following in pairwise((*args, "")))
        return cls(any(_JSON_OPTION.fullmatch(word) for word in args) or any(map(_JSON_OPTION.fullmatch, pairs)))

    def info(self, text: str, *details: str) -> None:
        """Write information for the user, and a line for each detail; nothing with JSON output."""
        if not self.json:
            for line in (text, *details):
                self._write(message_line(str(line)))

    def warn(self, warnings: Iterable[str | Problem]) -> None:
        """Write warnings."""
        for warning in _limit(tuple(warnings), "warning"):
            if self.json:
                self._write(_json_text({**_position_record(warning), "warning": _message_text(warning)}))
            else:
                self._write(f"{style('warning:')} {message_line(str(warning))}")

    def error(self, error: CalicoctlError) -> None:
        """Write the warnings and the messages of an error."""
        self.warn(error.warnings)
        for line in self.error_lines(error):
            self._write(line)

    def error_lines(self, error: CalicoctlError) -> Iterator[str]:
        """Yield the messages of an error as text, or as a JSON object for each message with its details."""
        if not self.json:
            yield from map(_style_message, _limit(error.messages, "message"))
            return
        records: list[dict[str, Any]] = []
        for message in _limit(error.messages, "message"):
            if records and isinstance(message, str) and message.startswith("  "):
                records[-1]["details"].append(_message_text(message.strip()))
            else:
                fields: dict[str, Any] = {
                    "action": None,
                    "error": _message_text(message),
                    "details": [],
                    "exitCode": error.exit_code,
                }
                records.append({**_position_record(message), **fields})
        yield from map(_json_text, records)

    def _write(self, text: str) -> None:
        """Write a message. In a terminal, lines end between words."""
        columns = None if self.json else terminal_width(sys.stderr)
        if columns:
            text = wrap_lines(text, columns, visible_length).removesuffix("\n")
        with contextlib.suppress(OSError):
            write_message(text, self.color)


def current_messages(context: click.Context | None = None) -> Messages:
    """Return the writer of the current command."""
    context = context or click.get_current_context(silent=True)
    return (context and context.find_object(Messages)) or Messages()


def _json_text(record: dict[str, Any]) -> str:
    import json

    return escape_json(json.dumps(record, ensure_ascii=False))


def _style_message(message: str | Problem) -> str:
    """Return a message in one line, with its position in bold."""
    line = message_line(str(message))
    position = "" if isinstance(message, str) else message_line(str(message.position))
    return bold(position) + line.removeprefix(position) if position and line.startswith(position) else line


def _message_text(message: str | Problem) -> str:
    return clip(message.message if isinstance(message, Problem) else message)


def _limit(messages: Sequence[str | Problem], noun: str) -> Iterator[str | Problem]:
    """Yield the first messages, the number of the others, and the last one, which can have the consequences."""
    yield from messages[:_MAX_MESSAGES]
    hidden = len(messages) - _MAX_MESSAGES - 1
    if hidden > 0:
        yield f"and {count_noun(hidden, f'more {noun}')}"
    yield from messages[_MAX_MESSAGES:][-1:]


def _position_record(message: str | Problem) -> dict[str, Any]:
    """Return the location of a message with the keys of `problem_location`."""
    return problem_location(message if isinstance(message, Problem) else _NO_PROBLEM)


_NO_PROBLEM = Problem(NO_POSITION)
