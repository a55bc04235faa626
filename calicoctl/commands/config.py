"""config: print contexts and connection settings."""

from __future__ import annotations

import os

import click

from calicoctl.console import options, results
from calicoctl.console.messages import current_messages
from calicoctl.console.option_types import ConnectionOptions
from calicoctl.console.other_tools import CONFIG_COMMANDS
from calicoctl.errors import UsageError
from calicoctl.printers import formats


class _ConfigGroup(click.Group):
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in CONFIG_COMMANDS:
            raise UsageError(f"no command 'config {args[0]}' in this version: {CONFIG_COMMANDS[args[0]]}")
        return super().resolve_command(ctx, args)


@click.group("config", cls=_ConfigGroup)
@options.settings_options
def command() -> None:
    """Print the contexts of the configuration file, or the connection settings and their origin.

    Each document of the configuration file is a context with its name in metadata.name. The first document is the
    default. --context and the variable CALICO_CONTEXT select another one.
    """


@command.command("get-contexts")
@options.output_option(formats.CONTEXTS)
@options.settings_options
@click.pass_context
def get_contexts(context: click.Context, output: formats.SelectedFormat) -> None:
    """Print the contexts of the configuration file.

    \b
    Example:
      calicoctl config get-contexts -c clusters.yaml
    """
    from calicoctl.config import find_file, requested_context
    from calicoctl.config.overview import duplicate_names, list_contexts

    given = ConnectionOptions.from_context(context)
    file = find_file(given.config)
    requested = requested_context(given.context, os.environ)
    contexts = list_contexts(file, requested) if file else []
    current_messages().warn(
        f"{file}: several contexts '{name}': --context {name} is refused (give them different names)"
        for name in duplicate_names(contexts)
    )
    results.print_result(output.load()(contexts), output)


@command.command()
@options.output_option(formats.SETTINGS)
@options.settings_options
@click.pass_context
def view(context: click.Context, output: formats.SelectedFormat) -> None:
    """Print the connection settings in use, and where each is from, without passwords and keys.

    \b
    Example:
      calicoctl config view --context production
    """
    from calicoctl.config import build_settings
    from calicoctl.config.overview import describe_settings
    from calicoctl.console.connect import load_source

    source = load_source(ConnectionOptions.from_context(context))
    results.print_result(output.load()(describe_settings(source, build_settings(source))), output)
