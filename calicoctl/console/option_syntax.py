"""Option syntax of kubectl that Click does not have: `-o=json`, and options whose value is optional."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from calicoctl.errors import UsageError


class OptionalValueOption(click.Option):
    """Option with an optional value, which follows `=`: `--dry-run` or `--dry-run=client`.

    Click also takes the next argument as the value. That would read `apply --dry-run FILE` without a file.

    Args:
        bare_value: value of the option without `=`.
    """

    def __init__(self, *args: Any, bare_value: str, **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.bare_value = bare_value


def normalize_args(group: click.Group, context: click.Context, args: Sequence[str]) -> list[str]:
    """Return the arguments of a group and its commands in the syntax of Click.

    A `=` after a short option with a value is removed. An option with an optional value gets the value.

    Raises:
        UsageError: a `=` follows a short option without a value.
    """
    command: click.Command = group
    options = _options_by_name(command)
    result: list[str] = []
    remaining = list(args)
    while remaining:
        word = remaining.pop(0)
        if word == "--":
            return [*result, word, *remaining]
        if word.startswith("-"):
            words, takes_next = _normalize_option(word, options)
            result += [*words, *(remaining[:1] if takes_next else ())]
            remaining = remaining[1:] if takes_next else remaining
            continue
        result.append(word)
        if isinstance(command, click.Group):
            found = command.get_command(context, word)
            if found is None:
                return [*result, *remaining]
            command, options = found, _options_by_name(found)
    return result


def _options_by_name(command: click.Command) -> dict[str, click.Option]:
    options = (parameter for parameter in command.params if isinstance(parameter, click.Option))
    return {name: option for option in options for name in (*option.opts, *option.secondary_opts)}


def _normalize_option(word: str, options: Mapping[str, click.Option]) -> tuple[list[str], bool]:
    """Return an option with its value in the syntax of Click, and whether the next argument is its value."""
    if word.startswith("--"):
        name, equals, _ = word.partition("=")
        option = options.get(name)
        if isinstance(option, OptionalValueOption) and not equals:
            return [f"{word}={option.bare_value}"], False
        return [word], bool(option and _has_value(option) and not equals)
    for index, letter in enumerate(word[1:], start=1):
        option = options.get(f"-{letter}")
        if option is None:
            break
        if _has_value(option):
            flags, value = word[: index + 1], word[index + 1 :]
            return ([flags, value[1:]], False) if value.startswith("=") else ([word], not value)
        if word[index + 1 : index + 2] == "=":
            raise UsageError(f"option '-{letter}' does not take a value")
    return [word], False


def _has_value(option: click.Option) -> bool:
    return not (option.is_flag or option.count)
