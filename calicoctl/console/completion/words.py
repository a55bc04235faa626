"""Completions of arguments with fixed values: commands, codes of lint and groupings."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

from calicoctl.console.completion.items import NO_SPACE, Items


def lint_codes(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete codes of lint."""
    from calicoctl.analysis.lint import CHECKS

    return [
        CompletionItem(check.code, help=check.name) for check in CHECKS if check.code.startswith(incomplete.upper())
    ]


def group_by_values(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete `connectivity --group-by`."""
    return fixed_words(("profile", "label:", "class", "endpoint"), incomplete)


def commands(context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete commands."""
    root = context.find_root()
    names = root.command.list_commands(root) if isinstance(root.command, click.Group) else []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def fixed_words(words: Iterable[str], incomplete: str) -> Items:
    """Return the words with this prefix. A word that ends with a colon or an equals sign is incomplete."""
    return [
        CompletionItem(word, type=NO_SPACE if word.endswith((":", "=")) else "plain")
        for word in words
        if word.startswith(incomplete)
    ]
