"""Options of the connection to the datastore, and of commands that write."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from calicoctl.console.completion import values as completing
from calicoctl.console.option_syntax import OptionalValueOption
from calicoctl.console.option_types import MAX_TIMEOUT_SECONDS, ConnectionOptions, Duration, WriteContext
from calicoctl.console.options.general import Function, general_options
from calicoctl.console.options.output import output_option
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.printers.formats import SelectedFormat


def _check_timeout(_context: click.Context, _parameter: click.Parameter, seconds: float | None) -> float | None:
    if seconds is not None and not 0 < seconds <= MAX_TIMEOUT_SECONDS:  # NaN is neither
        raise click.BadParameter(f"{seconds:g} is not in the range from more than 0 to {MAX_TIMEOUT_SECONDS} seconds")
    return seconds


allow_lockout_option = click.option(
    "--allow-lockout",
    is_flag=True,
    help="Allow changes after which a host endpoint is unreachable on tcp/22 or cannot reach etcd.",
)


def connection_options(function: Function) -> Callable[..., Any]:
    """Add `--config` and `--timeout`. The command gets `connection`, a `ConnectionOptions`."""

    @wraps(function)
    def command(*, config: str | None, timeout: float | None, **values: Any) -> Any:
        return function(connection=ConnectionOptions(config, timeout), **values)

    return _config_and_timeout_options(command)


def write_options(function: Function) -> Callable[..., Any]:
    """Add the options of a command that writes. The command gets `write`, a `WriteContext`."""

    @wraps(function)
    def command(
        *,
        config: str | None,
        timeout: float | None,
        max_txn_ops: int | None,
        atomic: bool,
        dry_run: str,
        allow_lockout: bool,
        output: SelectedFormat,
        **values: Any,
    ) -> Any:
        from calicoctl.operations.write.options import WriteOptions

        connection = ConnectionOptions(config, timeout, max_txn_ops)
        options = WriteOptions(atomic=atomic, dry_run=dry_run != "none", allow_lockout=allow_lockout)
        return function(write=WriteContext(connection, options, output, dry_run == "client"), **values)

    for option in _WRITE_OPTIONS:
        command = option(command)
    return output_option(formats.REPORT)(_config_and_timeout_options(command))


_WRITE_OPTIONS = (
    click.option(
        "--max-txn-ops",
        type=click.IntRange(min=2),
        metavar="N",
        help="Maximum number of operations in a transaction, as etcd --max-txn-ops.  [default: 128]",
    ),
    click.option("--atomic", is_flag=True, help="Fail if the change does not fit in one transaction."),
    click.option(
        "--dry-run",
        cls=OptionalValueOption,
        bare_value="server",
        default="none",
        type=click.Choice(["none", "client", "server"]),
        metavar="[=client|server]",
        help="Check and report the change without writing it. client checks manifests and names only, without the "
        "datastore.  [without value: server]",
    ),
    allow_lockout_option,
)


def wait_options(function: Function) -> Callable[..., Any]:
    """Add `--config`, and `--timeout` for the whole command. The command gets `connection` and `deadline`.

    `deadline` is a time of `time.monotonic()`, in seconds.
    """

    @wraps(function)
    def command(*, config: str | None, timeout: float, **values: Any) -> Any:
        from calicoctl.config.settings import DEFAULT_TIMEOUT_SECONDS

        # A timeout of 0 means one check, which may take the default time.
        connection = ConnectionOptions(config, min(timeout, DEFAULT_TIMEOUT_SECONDS) or None)
        return function(connection=connection, deadline=time.monotonic() + timeout, **values)

    timeout_option = click.option(
        "--timeout",
        type=Duration(),
        default="30s",
        show_default=True,
        metavar="DURATION",
        help="Maximum time to wait: 30s, 2m, 1h30m, or seconds. 0 checks once.",
    )
    return _config_option(timeout_option(command))


def _config_and_timeout_options(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option(
        "--timeout",
        type=float,
        callback=_check_timeout,
        metavar="SECONDS",
        help="Maximum time to reach the datastore.  [default: 6]",
    )(function)
    return _config_option(function)


def _config_option(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option(
        "-c",
        "--config",
        metavar="FILE",
        shell_complete=completing.files,
        help="File with connection settings.  [default: /etc/calico/calicoctl.cfg if it exists, else the environment]",
    )(function)
    return general_options("--log-level")(function)
