"""The commands of calicoctl, and docs/reference/commands.md.

It imports only Click and the commands: the build of a wheel uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import click

from calicoctl.cli import main


class NamedCommand(NamedTuple):
    """A command, and its words after `calicoctl`."""

    words: tuple[str, ...]
    command: click.Command

    @property
    def name(self) -> str:
        """The whole name, such as `calicoctl etcd start`."""
        return " ".join(("calicoctl", *self.words))

    @property
    def context(self) -> click.Context:
        """A context for the help of the command, 80 columns wide."""
        return click.Context(self.command, info_name=self.name, terminal_width=80, help_option_names=["-h", "--help"])

    @property
    def summary(self) -> str:
        """The first sentence of the help."""
        return self.command.get_short_help_str(limit=200)


def program() -> NamedCommand:
    """The command `calicoctl` itself."""
    return NamedCommand((), main)


def subcommands(parent: NamedCommand) -> Iterator[NamedCommand]:
    """The commands of a group; none if the command is not a group."""
    if not isinstance(parent.command, click.Group):
        return
    context = click.Context(parent.command)
    for name in parent.command.list_commands(context):
        command = parent.command.get_command(context, name)
        assert command is not None  # noqa: S101 - it is listed
        yield NamedCommand((*parent.words, name), command)


def all_commands() -> Iterator[NamedCommand]:
    """Every command, groups before their commands."""
    for verb in subcommands(program()):
        yield verb
        yield from subcommands(verb)


def commands_page() -> Iterator[str]:
    """The help of every command."""
    yield "# Commands\n"
    for each in (program(), *all_commands()):
        yield f"## {each.name}\n"
        yield f"```text\n{each.command.get_help(each.context)}\n```\n"
