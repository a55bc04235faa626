"""Findings as annotations of GitHub Actions: one workflow command for each.

Syntax and escapes are those of GitHub's documentation of workflow commands, and of the GitHub Actions runner.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from calicoctl.errors import Position
from calicoctl.findings import CheckResult, Finding, Severity

MAX_ANNOTATIONS = 50
"""Maximum number of annotations of traffic. GitHub shows 10 of a step and 50 of a job."""
_COMMAND_BY_SEVERITY = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_TEXT_ESCAPES = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY_ESCAPES = (*_TEXT_ESCAPES, (":", "%3A"), (",", "%2C"))


def format_result(result: CheckResult) -> str:
    """Return a workflow command for each finding, and the summary if no finding fails the check."""
    lines = [_format_command(finding, result.code_suffix(finding)) for finding in result.findings]
    if not result.failed:
        lines.append(result.summary)
    return "".join(f"{line}\n" for line in lines)


def _format_command(finding: Finding, code_suffix: str) -> str:
    """Return the command with the position as properties. The position of stdin is in the text: it is not a file."""
    problem = finding.problem
    properties = {"title": ": ".join(filter(None, (problem.subject, problem.path))) or problem.code}
    text = "\n".join((f"{problem.message}{code_suffix}", *finding.details))
    if problem.position.source == "-":
        text = f"{problem.position}: {text}"
    else:
        file = str(PurePath(problem.position.source))
        properties = {**location_properties(problem.position._replace(source=file)), **properties}
    return format_annotation(_COMMAND_BY_SEVERITY[finding.severity], properties, text)


def location_properties(position: Position) -> dict[str, str]:
    """Return the file, the line and the column of a position, without the numbers that are 0."""
    location = {"file": position.source, "line": position.line, "col": position.column}
    return {name: str(value) for name, value in location.items() if value}


def format_annotation(command: str, properties: Mapping[str, str], text: str) -> str:
    """Return a workflow command: `error`, `warning` or `notice`, with `file`, `line`, `col` and `title`."""
    properties_text = ",".join(f"{name}={_escape(value, _PROPERTY_ESCAPES)}" for name, value in properties.items())
    return f"::{command} {properties_text}::{_escape(text, _TEXT_ESCAPES)}"


def _escape(text: str, replacements: tuple[tuple[str, str], ...]) -> str:
    for character, escape in replacements:
        text = text.replace(character, escape)
    return text
