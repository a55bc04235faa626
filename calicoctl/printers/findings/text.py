"""Findings as lines for people, in the form of every other message."""

from __future__ import annotations

from calicoctl.findings import Checked


def show(checked: Checked) -> str:
    """A line for each finding; when nothing fails, one that says how much was fine."""
    lines = [checked.line(finding) for finding in checked.findings]
    if not checked.failed:
        lines.append(checked.summary)
    return "".join(f"{line}\n" for line in lines)
