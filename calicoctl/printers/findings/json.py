"""Findings as a JSON list."""

from __future__ import annotations

from typing import Any

from calicoctl.findings import CheckResult, Finding
from calicoctl.printers.record import format_json, problem_location

FIELDS = {
    "severity": "`error`, `warning` or `note`",
    "code": "type of finding, as below; independent of the text of the message",
    "kind": "kind of the resource",
    "name": "name of the resource",
    "file": "file as given; `-` is standard input",
    "line": "line in the file, from 1",
    "column": "column in the line, from 1, in characters",
    "path": "field of the resource, such as `spec.ingress[0].action`",
    "message": "problem and remedy",
}
"""Meaning of the fields of each object, in order. An unknown value is `null`."""


def format_result(result: CheckResult) -> str:
    """Return a list of objects with the keys of `FIELDS`."""
    return format_json([_finding_to_dict(finding) for finding in result.findings])


def _finding_to_dict(finding: Finding) -> dict[str, Any]:
    problem = finding.problem
    location = {name: None if value == "?" else value for name, value in problem_location(problem).items()}
    return {"severity": finding.severity.value, "code": problem.code, **location, "message": problem.message}
