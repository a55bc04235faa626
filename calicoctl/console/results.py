"""Prints results: reports, JSON, coloured diffs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.console.messages import current_messages

if TYPE_CHECKING:
    from calicoctl.operations.write.outcome import Report


_DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def style_diff(diff: str) -> str:
    """A unified diff with its lines coloured by what they say."""
    return "".join(f"{_style_diff_line(line)}\n" for line in diff.splitlines())


def _style_diff_line(line: str) -> str:
    if line.startswith(("--- ", "+++ ")):
        return click.style(line, bold=True)
    return click.style(line, fg=_DIFF_COLOURS[line[0]]) if line[0] in _DIFF_COLOURS else line


def print_report(report: Report, output_format: str) -> None:
    """Print what became of each resource."""
    from calicoctl.printers import report as reports

    current_messages().warn(report.warnings)
    text = reports.format_json(report) if output_format == "json" else reports.format_text(report, style_action)
    click.echo(text, nl=False)


def finish(text: str, code: int) -> None:
    """Print a result that the exit code says in short; the code counts even when the reader has left."""
    current_messages().exit_code = code
    # The name of a file need not be UTF-8; what is printed has to be.
    click.echo(text.encode(errors="backslashreplace").decode(), nl=False)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


_ACTION_COLOURS = {"created": "green", "configured": "yellow", "replaced": "yellow", "deleted": "red", "pruned": "red"}


def style_action(action: str) -> str:
    """The word for an action in its colour, which Click leaves out where no terminal shows it."""
    return click.style(action, fg=_ACTION_COLOURS[action]) if action in _ACTION_COLOURS else action
