"""Findings as a JSON list, for scripts."""

from __future__ import annotations

from typing import Any

from calicoctl.findings import CheckResult, Finding
from calicoctl.printers.record import format_json, problem_location

FIELDS = {
    "severity": "`error`, `warning` or `note`",
    "code": "the sort of finding, as below; it stays the same when the words of a message change",
    "kind": "the kind of the resource",
    "name": "what names the resource besides",
    "file": "the file as it was given; `-` is standard input",
    "line": "the line in the file, from 1",
    "column": "the column in the line, from 1, in characters",
    "path": "the field within the resource, such as `spec.ingress[0].action`",
    "message": "what is wrong, and what to write instead",
}
"""The fields of each object, in their order, with what they mean. `null` stands for what is not known."""


def show(result: CheckResult) -> str:
    """Return a list of objects with the keys of `FIELDS`."""
    return format_json([_finding_to_dict(finding) for finding in result.findings])


def _finding_to_dict(finding: Finding) -> dict[str, Any]:
    problem = finding.problem
    location = {name: None if value == "?" else value for name, value in problem_location(problem).items()}
    return {"severity": finding.severity.value, "code": problem.code, **location, "message": problem.message}
