"""Findings as a Code Quality report of GitLab, which is shown in the diff of a merge request.

Fields and severities are those of GitLab's documentation of the report format.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import PurePath
from typing import Any

from calicoctl.findings import CheckResult, Finding, Severity
from calicoctl.printers.record import format_json

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}
_STDIN = "stdin"


def format_result(result: CheckResult) -> str:
    """Return a list of objects, one for each finding; an empty list without findings."""
    counts: Counter[tuple[str, ...]] = Counter()
    issues = []
    for finding in result.findings:
        identity = _identity(finding)
        counts[identity] += 1
        issues.append(_finding_to_issue(finding, _fingerprint(identity, counts[identity]), result.code_suffix(finding)))
    return format_json(issues)


def _finding_to_issue(finding: Finding, fingerprint: str, code_suffix: str) -> dict[str, Any]:
    problem = finding.problem
    return {
        "description": ": ".join(filter(None, (problem.subject, problem.path, problem.message))) + code_suffix,
        "check_name": problem.code,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        # A report has no issue without a line.
        "location": {"path": _path(finding), "lines": {"begin": problem.position.line or 1}},
    }


def _path(finding: Finding) -> str:
    """Return the path of the file from the root of the repository, if it was given so."""
    source = finding.problem.position.source
    return _STDIN if source == "-" else str(PurePath(source))


def _identity(finding: Finding) -> tuple[str, ...]:
    """Return what distinguishes a finding from others, without its line and its message, which names other lines."""
    problem = finding.problem
    return _path(finding), problem.subject, problem.path, problem.code


def _fingerprint(identity: tuple[str, ...], number: int) -> str:
    """Return the fingerprint that GitLab compares to find new and fixed issues. Equal findings are numbered."""
    return hashlib.sha256("\0".join((*identity, str(number))).encode("utf-8", "surrogateescape")).hexdigest()
