"""Options that several verbs share, each written down once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

LOG_LEVELS = ("panic", "fatal", "error", "warn", "info", "debug")


def _set_log_level(_context: click.Context, _parameter: click.Parameter, level: str | None) -> None:
    if level is None:
        return
    import logging

    numbers = {"panic": logging.CRITICAL, "fatal": logging.CRITICAL, "warn": logging.WARNING}
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("calicoctl").setLevel(numbers.get(level, getattr(logging, level.upper(), logging.CRITICAL)))


def log_level(function: Function) -> Function:
    """`--log-level`, before or after the verb."""
    return click.option(
        "-l",
        "--log-level",
        type=click.Choice(LOG_LEVELS),
        expose_value=False,
        callback=_set_log_level,
        help="Write a log of this level to stderr.",
    )(function)


def connection(function: Function) -> Function:
    """`--config` and `--timeout`: where the datastore is."""
    function = click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="How long to wait for the datastore.  [default: 6]",
    )(function)
    function = click.option(
        "-c",
        "--config",
        metavar="FILE",
        help="Connection settings.  [default: /etc/calico/calicoctl.cfg if it is there, else the environment]",
    )(function)
    return log_level(function)


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
