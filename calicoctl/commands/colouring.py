"""Unified diffs in the usual colours, which Click leaves out where no terminal shows them."""

from __future__ import annotations

import click

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def coloured_diff(diff: str) -> str:
    """A unified diff with its lines coloured by what they say."""
    return "".join(f"{_coloured(line)}\n" for line in diff.splitlines())


def _coloured(line: str) -> str:
    if line.startswith(("--- ", "+++ ")):
        return click.style(line, bold=True)
    return click.style(line, fg=_COLOURS[line[0]]) if line[0] in _COLOURS else line
