"""Usage errors of Click in the style of all other messages."""

from __future__ import annotations

import re
from typing import Any

import click

from calicoctl.console.other_tools import option_hint
from calicoctl.errors import UsageError

_NO_ARGS_IS_HELP: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())
"""Error of a group without arguments, whose message is its help; click 8.1 prints the help without an error."""

_EXTRA_ARGUMENTS = re.compile(r"Got unexpected extra arguments? \((.*)\)", re.DOTALL)
"""Matches the message of Click about arguments that a command does not take."""


def to_usage_error(error: click.ClickException) -> UsageError:
    """Return an error of Click as a message in one line: `--timeout: invalid duration '5x' (write 30s)`."""
    if isinstance(error, _NO_ARGS_IS_HELP):
        return UsageError(*error.format_message().splitlines())
    message = _message(error).rstrip(".")
    context = getattr(error, "ctx", None)
    if context and not message.endswith(")"):
        message += f" (see {' '.join(('calicoctl', *context.command_path.split()[1:]))} --help)"
    return UsageError(message)


def _message(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption):
        known = [name for parameter in _parameters(error.ctx) for name in parameter.opts]
        hint = option_hint(error.option_name, known)
        if not hint and error.ctx and error.ctx.parent is None:
            hint = " (options of a command are written after it)"
        return f"no such option '{error.option_name}'{hint}"
    if isinstance(error, click.MissingParameter):
        return f"missing {_parameter_name(error)}{_value_hint(error.param)}"
    if isinstance(error, click.BadParameter):
        return f"{_parameter_name(error)}: {_uncapitalize(error.message)}"
    if extra := _EXTRA_ARGUMENTS.match(error.message):
        return f"unexpected argument '{extra[1]}'"
    return _uncapitalize(error.format_message())


def _parameters(context: click.Context | None) -> list[click.Parameter]:
    """Return the options and arguments of the command."""
    return context.command.params if context else []


def _parameter_name(error: click.BadParameter) -> str:
    """Return an option, or the metavar of an argument."""
    if error.param is None:
        return str(error.param_hint or "argument")
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    return error.param.make_metavar(error.ctx) if error.ctx else str(error.param.name)


def _value_hint(parameter: click.Parameter | None) -> str:
    """Return the values to write for an option, in parentheses after a space; empty if they cannot be listed."""
    values = getattr(parameter and parameter.type, "choices", ())
    *others, last = map(str, values or [""])
    listed = f"{', '.join(others)} or {last}" if others else last
    return f" (write {listed})" if listed else ""


def _uncapitalize(text: str) -> str:
    return text[:1].lower() + text[1:]
