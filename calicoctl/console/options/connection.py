"""Options that say where the datastore is, and how to write there."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

import click

from calicoctl.console.completion import values as completing
from calicoctl.console.option_types import MAX_TIMEOUT_SECONDS, ConnectionOptions, Duration
from calicoctl.console.options.general import Function, general_options, output_option


def _check_timeout(_context: click.Context, _parameter: click.Parameter, seconds: float | None) -> float | None:
    if seconds is not None and not 0 < seconds <= MAX_TIMEOUT_SECONDS:  # NaN is neither
        raise click.BadParameter(f"{seconds:g} is not more than 0 and at most {MAX_TIMEOUT_SECONDS} seconds")
    return seconds


allow_lockout_option = click.option(
    "--allow-lockout",
    is_flag=True,
    help="Write even what leaves a host endpoint that can't be reached on tcp/22, or does not reach etcd.",
)


def connection_options(function: Function) -> Callable[..., Any]:
    """`--config` and `--timeout`: where the datastore is. The verb gets a `target`."""
    return _config_and_timeout_options(_pass_target(function, ()))


def write_options(function: Function) -> Callable[..., Any]:
    """What says where and how to write, and how to report it. The verb gets a `target`."""
    command = click.option(
        "--max-txn-ops",
        type=click.IntRange(min=2),
        metavar="N",
        help="What etcd allows in one transaction, as its option of that name.  [default: 128]",
    )(_pass_target(function, _WRITE_OPTION_NAMES))
    command = click.option(
        "--atomic", is_flag=True, help="Refuse to write what one transaction can't hold, instead of splitting it."
    )(command)
    command = click.option(
        "--dry-run", is_flag=True, help="Check against the datastore and report as usual, but write nothing."
    )(command)
    return output_option(_config_and_timeout_options(allow_lockout_option(command)))


def wait_options(function: Function) -> Callable[..., Any]:
    """`--config`, and a `--timeout` for all that the verb does. The verb gets a `target`, and `until` when to go on."""

    @wraps(function)
    def command(*, config: str | None, timeout: float, **values: Any) -> Any:
        from calicoctl.config.settings import DEFAULT_TIMEOUT_SECONDS

        target = ConnectionOptions(
            config, min(timeout, DEFAULT_TIMEOUT_SECONDS) or None
        )  # with 0 there is one look, not a quick one
        return function(target=target, deadline=time.monotonic() + timeout, **values)

    timeout_option = click.option(
        "--timeout",
        type=Duration(),
        default="30s",
        show_default=True,
        metavar="DURATION",
        help="How long to wait in all: 30s, 2m, 1h30m, or seconds. 0 looks once.",
    )
    return _config_option(timeout_option(command))


def _pass_target(function: Function, names: Collection[str]) -> Callable[..., Any]:
    @wraps(function)
    def command(*, config: str | None, timeout: float | None, **values: Any) -> Any:
        write_values = {name: values.pop(name) for name in names}
        return function(target=ConnectionOptions(config, timeout, **write_values), **values)

    return command


_WRITE_OPTION_NAMES = ("max_txn_ops", "atomic", "dry_run", "allow_lockout", "output_format")


def _config_and_timeout_options(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option(
        "--timeout",
        type=float,
        callback=_check_timeout,
        metavar="SECONDS",
        help="How long to wait for the datastore.  [default: 6]",
    )(function)
    return _config_option(function)


def _config_option(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option(
        "-c",
        "--config",
        metavar="FILE",
        shell_complete=completing.files,
        help="Connection settings.  [default: /etc/calico/calicoctl.cfg if it is there, else the environment]",
    )(function)
    return general_options("--log-level")(function)
