"""Lengths of time on the command line: `30s`, `2m`, `1h30m`, `500ms`, or a number of seconds."""

from __future__ import annotations

import re
from typing import NamedTuple

import click

_DURATION = re.compile(r"(?=.)(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+(?:\.[0-9]+)?)s)?(?:([0-9]+)ms)?")


_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")


_UNITS = (3600.0, 60.0, 1.0, 0.001)


class Duration(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in later versions of click
    """A length of time, in seconds."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds that a text means."""
        if not isinstance(value, str):
            return value
        if _SECONDS.fullmatch(value):
            return float(value)
        match = _DURATION.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is no duration (write 30s, 2m, 1h30m, or a number of seconds)", param, ctx)
        return sum(float(count) * unit for count, unit in zip(match.groups(), _UNITS, strict=True) if count)


MAX_TIMEOUT_SECONDS = 3600


class ConnectionOptions(NamedTuple):
    """Which datastore a verb uses, and how it writes there."""

    config: str | None
    timeout: float | None
    """Seconds; None for the usual."""
    max_txn_ops: int | None = None
    """What the server allows in one transaction; None for the usual."""
    atomic: bool = False
    """Whether to refuse what does not fit one transaction."""
    dry_run: bool = False
    """Whether to write nothing."""
    allow_lockout: bool = False
    """Whether to write even what locks somebody out."""
    output_format: str = "text"
    """text or json."""


class SetOptions(NamedTuple):
    """The set that resources become members of."""

    name: str | None
    prune: bool
    """Whether its members that a manifest does not have are deleted."""
    prune_max: int
    """How many may be deleted."""
