"""Findings as annotations of GitHub Actions: workflow commands, a line each.

Source of the syntax and of what has to be escaped: GitHub's documents on workflow commands, and the runner.
"""

from __future__ import annotations

from pathlib import PurePath

from calicoctl.findings import Checked, Finding, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_IN_TEXT = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PROPERTY = (*_IN_TEXT, (":", "%3A"), (",", "%2C"))


def show(checked: Checked) -> str:
    """A command for each finding; when nothing fails, a plain line for the log."""
    lines = [_command(finding, checked.mark(finding)) for finding in checked.findings]
    if not checked.failed:
        lines.append(checked.summary)
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding, mark: str) -> str:
    """The place goes into properties. Standard input is no file of the repository: there it stays in the text."""
    problem = finding.problem
    source, line, column = problem.position
    properties = {"title": ": ".join(filter(None, (problem.subject, problem.path))) or problem.code}
    text = "\n".join((f"{problem.message}{mark}", *finding.details))
    if source == "-":
        text = f"{problem.position}: {text}"
    else:
        place = {"file": str(PurePath(source)), "line": line, "col": column}
        properties = {**{name: str(value) for name, value in place.items() if value}, **properties}
    shown = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {shown}::{_escaped(text, _IN_TEXT)}"


def _escaped(text: str, replacements: tuple[tuple[str, str], ...]) -> str:
    for character, escape in replacements:
        text = text.replace(character, escape)
    return text
