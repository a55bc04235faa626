"""Findings as a JSON list, for scripts."""

from __future__ import annotations

import json
from typing import Any

from calicoctl.findings import CheckResult, Finding

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
    """A list of objects with the same fields each; null stands for what is not known."""
    return json.dumps([_finding_to_dict(finding) for finding in result.findings], indent=2, ensure_ascii=False) + "\n"


def _finding_to_dict(finding: Finding) -> dict[str, Any]:
    problem = finding.problem
    source, line, column = problem.position
    kind, _, name = problem.subject.partition("/")
    resource = (_none_if_unknown(kind), _none_if_unknown(name))
    location = (source, line or None, column or None, problem.path or None)
    values = (finding.severity.value, problem.code, *resource, *location, problem.message)
    return dict(zip(FIELDS, values, strict=True))


def _none_if_unknown(part: str) -> str | None:
    """The kind or the name of a resource; `?` stands for one that is missing."""
    return None if part in {"", "?"} else part
