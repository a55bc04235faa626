"""Completions of contexts of the configuration file."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


def contexts(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete contexts of the configuration file that the command line or the default selects."""
    from calicoctl.config import find_file
    from calicoctl.config.file import read_contexts
    from calicoctl.console.completion.values import completion_items
    from calicoctl.console.option_types import ConnectionOptions

    path = find_file(ConnectionOptions.from_context(context).config)
    return completion_items((name for name, _ in read_contexts(path)) if path else (), incomplete)
