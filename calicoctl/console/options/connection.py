"""Options of the connection to the datastore, and of commands that write."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import click

from calicoctl.console.completion import values as completing
from calicoctl.console.option_syntax import OptionalValueOption
from calicoctl.console.option_types import (
    MAX_TIMEOUT_SECONDS,
    SETTINGS_OPTIONS_KEY,
    ConnectionOptions,
    Duration,
    WriteContext,
)
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


def _check_failsafe(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    if text != "none":
        from calicoctl.analysis.model.failsafe import failsafe_ports_from_text

        try:
            failsafe_ports_from_text(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return text


failsafe_option = click.option(
    "--failsafe",
    metavar="PORTS",
    default="none",
    callback=_check_failsafe,
    help="Failsafe ports of the agent for the lockout check: none, agent (its default ports), or a list such as "
    "tcp:22,tcp:2379.  [default: none]",
)


def connection_options(function: Function) -> Callable[..., Any]:
    """Add the options of settings and `--timeout`. The command gets `connection`, a `ConnectionOptions`."""

    @wraps(function)
    def command(*, timeout: float | None, **values: Any) -> Any:
        connection = ConnectionOptions.from_context(click.get_current_context(), timeout)
        return function(connection=connection, **values)

    return _settings_and_timeout_options(command)


def write_options(function: Function) -> Callable[..., Any]:
    """Add the options of a command that writes. The command gets `write`, a `WriteContext`."""

    @wraps(function)
    def command(
        *,
        timeout: float | None,
        max_txn_ops: int | None,
        atomic: bool,
        dry_run: str,
        allow_lockout: bool,
        failsafe: str,
        output: SelectedFormat,
        **values: Any,
    ) -> Any:
        from calicoctl.operations.write.options import WriteOptions

        connection = ConnectionOptions.from_context(click.get_current_context(), timeout, max_txn_ops)
        options = WriteOptions(atomic=atomic, dry_run=dry_run != "none", allow_lockout=allow_lockout, failsafe=failsafe)
        return function(write=WriteContext(connection, options, output, dry_run == "client"), **values)

    for option in _WRITE_OPTIONS:
        command = option(command)
    return output_option(formats.REPORT)(_settings_and_timeout_options(command))


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
    failsafe_option,
    allow_lockout_option,
)


def wait_options(function: Function) -> Callable[..., Any]:
    """Add the options of settings, and `--timeout` for the whole command. The command gets `connection` and `deadline`.

    `deadline` is a time of `time.monotonic()`, in seconds.
    """

    @wraps(function)
    def command(*, timeout: float, **values: Any) -> Any:
        from calicoctl.config.settings import DEFAULT_TIMEOUT_SECONDS

        # A timeout of 0 means one check, which may take the default time.
        seconds = min(timeout, DEFAULT_TIMEOUT_SECONDS) or None
        connection = ConnectionOptions.from_context(click.get_current_context(), seconds)
        return function(connection=connection, deadline=time.monotonic() + timeout, **values)

    timeout_option = click.option(
        "--timeout",
        type=Duration(),
        default="30s",
        show_default=True,
        metavar="DURATION",
        help="Maximum time to wait: 30s, 2m, 1h30m, or seconds. 0 checks once.",
    )
    return general_options("--log-level")(settings_options(timeout_option(command)))


def _settings_and_timeout_options(function: Callable[..., Any]) -> Callable[..., Any]:
    timeout_option = click.option(
        "--timeout",
        type=Duration(),
        callback=_check_timeout,
        metavar="DURATION",
        help="Maximum time to reach the datastore and to retry a write: 5s, 500ms, or seconds.  [default: 6s]",
    )
    return general_options("--log-level")(settings_options(timeout_option(function)))


def settings_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--config`, `--context` and `--endpoints`, which are valid before and after the command."""
    for option in reversed(_SETTINGS_OPTIONS):
        function = option(function)
    return function


def _save_setting(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Save the value of an option. An option after the command takes precedence over the same one before it."""
    if value is not None:
        context.meta.setdefault(SETTINGS_OPTIONS_KEY, {})[parameter.name] = value


_settings_option = partial(click.option, expose_value=False, callback=_save_setting)
_SETTINGS_OPTIONS = (
    _settings_option(
        "-c",
        "--config",
        metavar="FILE",
        shell_complete=completing.files,
        help="File with connection settings.  [default: /etc/calico/calicoctl.cfg if it exists, else the environment]",
    ),
    _settings_option(
        "--context",
        metavar="NAME",
        shell_complete=completing.contexts,
        help="Context in the file.  [default: CALICO_CONTEXT, or else the first]",
    ),
    _settings_option(
        "--endpoints", metavar="URL,...", help="URLs of etcd, instead of those in the file or the environment."
    ),
)
