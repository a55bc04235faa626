"""Options of all commands: log level and colors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from calicoctl.console.colours import colour_setting
from calicoctl.console.messages import current_messages

Function = TypeVar("Function", bound=Callable[..., Any])

LOG_LEVELS = ("panic", "fatal", "error", "warn", "info", "debug")


def _set_log_level(context: click.Context, _parameter: click.Parameter, level: str | None) -> None:
    if level is None or context.resilient_parsing:  # completion says nothing
        return
    import logging

    numbers = {"panic": logging.CRITICAL, "fatal": logging.CRITICAL, "warn": logging.WARNING}
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("calicoctl").setLevel(numbers.get(level, getattr(logging, level.upper(), logging.CRITICAL)))


def log_level_option(*names: str) -> Callable[[Function], Function]:
    """`--log-level`, before or after the verb; before it `-l` as well, which `get` has for selectors."""
    return click.option(
        *names,
        type=click.Choice(LOG_LEVELS),
        expose_value=False,
        callback=_set_log_level,
        help="Write a log of this level to stderr.",
    )


def _set_colour(context: click.Context, _parameter: click.Parameter, choice: str | None) -> None:
    if choice is None and context.parent:
        return  # what was said before the verb holds
    context.color = current_messages(context).colour = colour_setting(choice or "auto")


def general_options(*log_level_names: str) -> Callable[[Function], Function]:
    """`--log-level` and `--color`: what every verb has, and calicoctl before the verb."""

    def decorator(function: Function) -> Function:
        colour = click.option(
            "--color",
            type=click.Choice(("auto", "always", "never")),
            expose_value=False,
            callback=_set_colour,
            help="Colours: auto is on a terminal, unless NO_COLOR is set or TERM is dumb.  [default: auto]",
        )
        return log_level_option(*log_level_names)(colour(function))

    return decorator
