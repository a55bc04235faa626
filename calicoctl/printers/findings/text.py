"""Findings as lines for people, in the form of every other message."""

from __future__ import annotations

from calicoctl.findings import CheckResult


def show(result: CheckResult) -> str:
    """A line for each finding; when nothing fails, one that says how much was fine."""
    lines = [result.format_finding(finding) for finding in result.findings]
    if not result.failed:
        lines.append(result.summary)
    return "".join(f"{line}\n" for line in lines)
