"""Unified diffs in the usual colours, which Click leaves out where no terminal shows them."""

from __future__ import annotations

import click

_DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def style_diff(diff: str) -> str:
    """A unified diff with its lines coloured by what they say."""
    return "".join(f"{_style_diff_line(line)}\n" for line in diff.splitlines())


def _style_diff_line(line: str) -> str:
    if line.startswith(("--- ", "+++ ")):
        return click.style(line, bold=True)
    return click.style(line, fg=_DIFF_COLOURS[line[0]]) if line[0] in _DIFF_COLOURS else line
