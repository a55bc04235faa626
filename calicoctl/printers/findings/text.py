"""Findings as lines of text, like other messages."""

from __future__ import annotations

from calicoctl.findings import CheckResult
from calicoctl.printable import join_lines


def format_result(result: CheckResult) -> str:
    """Return a line for each finding, and the summary if no finding fails the check."""
    lines = [result.format_finding(finding) for finding in result.findings]
    if not result.failed:
        lines.append(result.summary)
    return join_lines(lines)
