"""Types of option values: durations, and the values that commands get from groups of options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from calicoctl.operations.load.manifests import SkippedManifests
    from calicoctl.operations.write.options import WriteOptions
    from calicoctl.printers.formats import SelectedFormat

_DURATION = re.compile(r"(?=.)(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+(?:\.[0-9]+)?)s)?(?:([0-9]+)ms)?")
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_UNITS = (3600.0, 60.0, 1.0, 0.001)


class Duration(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in later versions of click
    """Duration in seconds: `30s`, `2m`, `1h30m`, `500ms`, or a number."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number of seconds."""
        if not isinstance(value, str):
            return value
        seconds = parse_duration(value)
        if seconds is None:
            self.fail(f"invalid duration {value!r} (write 30s, 2m, 1h30m, or a number of seconds)", param, ctx)
        return seconds


class Revision(click.IntRange):
    """Revision of etcd: a positive number."""

    def __init__(self) -> None:
        super().__init__(min=1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the revision."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r}: expected a revision, such as 42", param, ctx)


def parse_duration(text: str) -> float | None:
    """Return the seconds of a duration such as `30s`, `2m`, `1h30m`, `500ms`, or a number; None if it is invalid."""
    if _SECONDS.fullmatch(text):
        return float(text)
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    return sum(float(count) * unit for count, unit in zip(match.groups(), _UNITS, strict=True) if count)


MAX_TIMEOUT_SECONDS = 3600
SETTINGS_OPTIONS_KEY = "calicoctl.settings"
"""Key of the options of settings in `click.Context.meta`, which a command shares with the program."""


class ConnectionOptions(NamedTuple):
    """Options of a connection to the datastore."""

    config: str | None = None
    """Path of the configuration file; None uses the default file, or else the environment."""
    context: str | None = None
    """Context in the configuration file; None uses that of the environment, or else the first."""
    endpoints: str | None = None
    """URLs, separated by commas, that replace those of the file or the environment."""
    timeout: float | None = None
    """Seconds to reach the datastore; None uses `config.settings.DEFAULT_TIMEOUT_SECONDS`."""
    max_txn_ops: int | None = None
    """Maximum number of operations in a transaction (etcd --max-txn-ops); None uses the default of etcd."""

    @classmethod
    def from_context(
        cls, context: click.Context, timeout: float | None = None, max_txn_ops: int | None = None
    ) -> ConnectionOptions:
        """Return the options of the command line."""
        given = context.meta.get(SETTINGS_OPTIONS_KEY, {})
        return cls(**given, timeout=timeout, max_txn_ops=max_txn_ops)


class WriteContext(NamedTuple):
    """Options of commands that write."""

    connection: ConnectionOptions
    options: WriteOptions
    output: SelectedFormat
    client_only: bool = False
    """Whether to check only manifests and names, without the datastore (`--dry-run=client`)."""


class TableOptions(NamedTuple):
    """Options of the output of `get`."""

    headings: bool
    labels: bool
    """Whether to add a column with labels."""
    sort_by: str | None
    """Field to sort by; None for the order of names."""


class SetOptions(NamedTuple):
    """Options of a set of resources."""

    name: str | None
    """Set to add the resources to; None for no set."""
    prune: bool
    """Whether to delete members of the set that are not in the manifests."""
    prune_max: int
    """Maximum number of resources to prune."""
    skipped: SkippedManifests | None = None
    """Resources in subdirectories that are not read. They must not be pruned."""


class ApplyOptions(NamedTuple):
    """Options of `apply` that decide what it writes, and what it refuses."""

    sets: SetOptions
    force: bool
    """Whether to write even if fields that v1 cannot represent are lost, or a resource changes its set."""
    allow_lockout: bool
    """Whether to allow changes that cut off a host endpoint."""
    failsafe: str
    """Failsafe ports of the agent that the lockout check assumes."""
    revision: int = 0
    """Revision of the datastore that a preview is made for; 0 for the latest."""
