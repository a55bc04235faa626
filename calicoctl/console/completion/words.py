"""Completions of arguments with fixed values: commands, codes of lint, conditions and groupings."""

from __future__ import annotations

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
    words = ("profile", "label:", "class", "endpoint")
    return [
        CompletionItem(word, type=NO_SPACE if word.endswith(":") else "plain")
        for word in words
        if word.startswith(incomplete)
    ]


def commands(context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete commands."""
    root = context.find_root()
    names = root.command.list_commands(root) if isinstance(root.command, click.Group) else []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def wait_conditions(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Complete `wait --for`."""
    words = ("present", "absent", "create", "delete", "jsonpath=")
    return [
        CompletionItem(word, type=NO_SPACE if word.endswith("=") else "plain")
        for word in words
        if word.startswith(incomplete)
    ]
