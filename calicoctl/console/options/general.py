"""Options of all commands: log level and colors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from calicoctl.console.colors import color_setting
from calicoctl.console.messages import current_messages

Function = TypeVar("Function", bound=Callable[..., Any])

LOG_LEVELS = ("panic", "fatal", "error", "warn", "info", "debug")


def _set_log_level(context: click.Context, _parameter: click.Parameter, level: str | None) -> None:
    if level is None or context.resilient_parsing:  # shell completion
        return
    import logging

    numbers = {"panic": logging.CRITICAL, "fatal": logging.CRITICAL, "warn": logging.WARNING}
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("calicoctl").setLevel(numbers.get(level, getattr(logging, level.upper(), logging.CRITICAL)))


def log_level_option(*names: str) -> Callable[[Function], Function]:
    """Add `--log-level`. Only before the command it is also `-l`, which is the selector of `get`."""
    return click.option(
        *names,
        type=click.Choice(LOG_LEVELS),
        expose_value=False,
        callback=_set_log_level,
        help="Level of the log on stderr.",
    )


def _set_color(context: click.Context, _parameter: click.Parameter, choice: str | None) -> None:
    if choice is None and context.parent:
        return  # --color before the command applies
    context.color = current_messages(context).color = color_setting(choice or "auto")


def general_options(*log_level_names: str) -> Callable[[Function], Function]:
    """Add `--log-level` and `--color`, which are valid before and after the command."""

    def decorator(function: Function) -> Function:
        color = click.option(
            "--color",
            type=click.Choice(("auto", "always", "never")),
            expose_value=False,
            callback=_set_color,
            help="Colors; auto: on a terminal, unless NO_COLOR is set or TERM is dumb.  [default: auto]",
        )
        return log_level_option(*log_level_names)(color(function))

    return decorator
