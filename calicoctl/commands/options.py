"""Options that several verbs share, each written down once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple, TypeVar

import click

from calicoctl.commands.duration import Duration
from calicoctl.errors import UsageProblem

Function = TypeVar("Function", bound=Callable[..., Any])

MAX_TIMEOUT = 3600
LOG_LEVELS = ("panic", "fatal", "error", "warn", "info", "debug")


def _set_log_level(_context: click.Context, _parameter: click.Parameter, level: str | None) -> None:
    if level is None:
        return
    import logging

    numbers = {"panic": logging.CRITICAL, "fatal": logging.CRITICAL, "warn": logging.WARNING}
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("calicoctl").setLevel(numbers.get(level, getattr(logging, level.upper(), logging.CRITICAL)))


def log_level(*names: str) -> Callable[[Function], Function]:
    """`--log-level`, before or after the verb; before it `-l` as well, which `get` has for selectors."""
    return click.option(
        *names,
        type=click.Choice(LOG_LEVELS),
        expose_value=False,
        callback=_set_log_level,
        help="Write a log of this level to stderr.",
    )


def _check_timeout(_context: click.Context, _parameter: click.Parameter, seconds: float | None) -> float | None:
    if seconds is not None and not 0 < seconds <= MAX_TIMEOUT:  # NaN is neither
        raise click.BadParameter(f"{seconds:g} is not more than 0 and at most {MAX_TIMEOUT} seconds")
    return seconds


class Target(NamedTuple):
    """Which datastore a verb uses, and how it writes there."""

    config: str | None
    timeout: float | None
    """Seconds; None for the usual."""
    max_txn_ops: int | None = None
    """What the server allows in one transaction; None for the usual."""
    atomic: bool = False
    """Whether to refuse what does not fit one transaction."""


def connection(function: Function) -> Callable[..., Any]:
    """`--config` and `--timeout`: where the datastore is. The verb gets a `target`."""
    return _connection_options(_with_target(function))


def writing(function: Function) -> Callable[..., Any]:
    """`--config`, `--timeout`, `--atomic` and `--max-txn-ops`. The verb gets a `target`."""
    command = click.option(
        "--max-txn-ops",
        type=click.IntRange(min=2),
        metavar="N",
        help="What etcd allows in one transaction, as its option of that name.  [default: 128]",
    )(_with_target(function))
    command = click.option(
        "--atomic", is_flag=True, help="Refuse to write what one transaction can't hold, instead of splitting it."
    )(command)
    return _connection_options(command)


def waiting(function: Function) -> Callable[..., Any]:
    """`--config`, and a `--timeout` for all that the verb does. The verb gets a `target`, and `until` when to go on."""

    @wraps(function)
    def command(*, config: str | None, timeout: float, **values: Any) -> Any:
        from calicoctl.config.settings import DEFAULT_TIMEOUT

        target = Target(config, min(timeout, DEFAULT_TIMEOUT) or None)  # with 0 there is one look, not a quick one
        return function(target=target, until=time.monotonic() + timeout, **values)

    duration = click.option(
        "--timeout",
        type=Duration(),
        default="30s",
        show_default=True,
        metavar="DURATION",
        help="How long to wait in all: 30s, 2m, 1h30m, or seconds. 0 looks once.",
    )
    return _config_option(duration(command))


def _with_target(function: Function) -> Callable[..., Any]:
    @wraps(function)
    def command(*, config: str | None, timeout: float | None, **values: Any) -> Any:
        writing = {name: values.pop(name) for name in ("max_txn_ops", "atomic") if name in values}
        return function(target=Target(config, timeout, **writing), **values)

    return command


def _connection_options(function: Callable[..., Any]) -> Callable[..., Any]:
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
        help="Connection settings.  [default: /etc/calico/calicoctl.cfg if it is there, else the environment]",
    )(function)
    return log_level("--log-level")(function)


def manifests(function: Function) -> Function:
    """`--filename` and `--recursive`: what to read."""
    function = click.option("-R", "--recursive", is_flag=True, help="Read the directories within a directory as well.")(
        function
    )
    return click.option(
        "-f",
        "--filename",
        "filenames",
        multiple=True,
        metavar="PATH",
        help="A manifest, a directory of *.yaml, *.yml and *.json, or - for stdin. Can be given several times.",
    )(function)


force = click.option("--force", is_flag=True, help="Write even where that drops match criteria that v1 can't say.")


def filters(function: Function) -> Function:
    """The identifying fields of resources that a name alone does not name."""
    for name, short, help_text in (
        ("workload", (), "The workload of a workloadEndpoint."),
        ("orchestrator", (), "The orchestrator of a workloadEndpoint."),
        ("scope", (), "The scope of a bgpPeer: global or node."),
        ("node", ("-n",), "The node of an endpoint or a bgpPeer."),
    ):
        kind = click.Choice(["global", "node"]) if name == "scope" else None
        function = click.option(*short, f"--{name}", type=kind, help=help_text)(function)
    return function


def given(**values: str | None) -> dict[str, str]:
    """The options of `filters` that were given."""
    return {name: value for name, value in values.items() if value is not None}


def refuse(values: Mapping[str, str], what: str) -> None:
    """Raise UsageProblem when filters are given that mean nothing here."""
    for name in values:
        raise UsageProblem(f"--{name} does not go with {what}")
