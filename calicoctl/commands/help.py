"""help: print the help of a command."""

from __future__ import annotations

import click

from calicoctl.console import options, results
from calicoctl.console.completion import words as completing
from calicoctl.errors import UsageError
from calicoctl.printers import formats


@click.command()
@click.argument("words", nargs=-1, metavar="[COMMAND...]", shell_complete=completing.commands)
@options.output_option(formats.RECORD)
@options.general_options("--log-level")
def command(words: tuple[str, ...], output: formats.SelectedFormat) -> None:
    """Print the help of a command, as COMMAND --help does. Without a command, list all commands.

    \b
    Example:
      calicoctl help get
      calicoctl help etcd start
    """
    context = click.get_current_context().find_root()
    for word in words:
        context = _subcommand_context(context, word)
    text = context.get_help()
    results.print_record({"command": context.command_path, "help": text}, f"{text}\n", output)


def _subcommand_context(parent: click.Context, word: str) -> click.Context:
    """Return the context of a command in a group.

    Raises:
        UsageError: the command does not exist.
    """
    group = parent.command
    if not isinstance(group, click.Group):
        raise UsageError(f"'{parent.command_path}' has no commands (write calicoctl help {parent.info_name})")
    if parent.parent is None:
        group.resolve_command(parent, [word])  # its error has suggestions
    found = group.get_command(parent, word)
    if found is None:
        names = ", ".join(group.list_commands(parent))
        raise UsageError(f"no command '{parent.command_path} {word}' (commands are {names})")
    return click.Context(found, info_name=word, parent=parent)
