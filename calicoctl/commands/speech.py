"""What is said on stderr: warnings and errors, as text or as JSON, a line each."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import click

from calicoctl.errors import CalicoctlError, Problem

_JSON = re.compile(r"(-[A-Za-z]*o ?|--output[= ])json")
"""How JSON is asked for, with the words of a command line parted by spaces: `-o json`, `-wo json`, `--output=json`."""


@dataclass
class Speech:
    """How a command speaks of what goes wrong. That nobody listens is no reason to do less."""

    json: bool = False
    colour: bool | None = field(default_factory=lambda: colours("auto"))
    verdict: int = 0
    """The exit code of a result, also when nobody reads it to the end."""

    @classmethod
    def asked_for(cls, arguments: Sequence[str]) -> Speech:
        """JSON where the results are JSON. It is found without parsing: usage errors are said this way as well."""
        words = tuple(arguments)
        words = words[: words.index("--")] if "--" in words else words
        pairs = (f"{word} {following}" for word, following in pairwise((*words, "")))
        return cls(any(_JSON.fullmatch(word) for word in words) or any(map(_JSON.fullmatch, pairs)))

    def remark(self, text: str) -> None:
        """Something that is good to know for a person; JSON goes without."""
        if not self.json:
            self._tell(text)

    def warn(self, warnings: Iterable[str | Problem]) -> None:
        """Say what is surprising."""
        for warning in warnings:
            if self.json:
                self._tell_json({**_record(warning), "warning": _message(warning)})
            else:
                self._tell(f"{click.style('warning:', fg='yellow')} {warning}")

    def fail(self, error: CalicoctlError) -> None:
        """Say why nothing was done, after what there is to warn of."""
        self.warn(error.warnings)
        if not self.json:
            for cause in error.causes:
                self._tell(_styled(cause))
            return
        records: list[dict[str, Any]] = []
        for cause in error.causes:
            if records and isinstance(cause, str) and cause.startswith("  "):
                records[-1]["details"].append(cause.strip())
            else:
                said: dict[str, Any] = {
                    "action": None,
                    "error": _message(cause),
                    "details": [],
                    "exitCode": error.exit_code,
                }
                records.append({**_record(cause), **said})
        for record in records:
            self._tell_json(record)

    def _tell(self, text: str) -> None:
        with contextlib.suppress(OSError):
            click.echo(text, err=True, color=self.colour)

    def _tell_json(self, record: dict[str, Any]) -> None:
        import json

        self._tell(json.dumps(record, ensure_ascii=False))


def current(context: click.Context | None = None) -> Speech:
    """The speech of the command that runs."""
    context = context or click.get_current_context(silent=True)
    return (context and context.find_object(Speech)) or Speech()


def colours(choice: str) -> bool | None:
    """What click wants to know: colours always, never, or (None) where there is a terminal."""
    if choice == "auto":
        return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None
    return choice == "always"


def _styled(cause: str | Problem) -> str:
    """A cause whose place stands out."""
    if isinstance(cause, str) or not str(cause.position):
        return str(cause)
    place = str(cause.position)
    return click.style(place, bold=True) + str(cause).removeprefix(place)


def _message(cause: str | Problem) -> str:
    return cause.message if isinstance(cause, Problem) else cause


def _record(cause: str | Problem) -> dict[str, Any]:
    """Where something is wrong, in the fields that results have as well."""
    if isinstance(cause, str):
        return {"kind": None, "name": None, "file": None, "line": None, "column": None, "path": None}
    kind, _, name = cause.subject.partition("/")
    place = cause.position
    return {
        "kind": kind or None,
        "name": name or None,
        "file": place.source or None,
        "line": place.line or None,
        "column": place.column or None,
        "path": cause.path or None,
    }
