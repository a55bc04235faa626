"""Findings as text."""

from __future__ import annotations

from calicoctl.findings import (
    findings_from_problems,
)
from tests.support.findings import FINDINGS, WORD, render

# --- text --------------------------------------------------------------------------------------------------


def test_text_has_the_lines_of_every_other_message() -> None:
    assert render("text", FINDINGS).splitlines() == [
        "a.yaml:9:13: policy/web: spec.ingress[0].action: 'alow' is not allowed",
        "a.yaml:12:4: policy/web: spec.selector: expected '=='",
        "a.yaml:20:3: policy/db: duplicate resource",
        "warning: a.yaml:21:5: policy/db: metadata.labels.x: 'no' is taken as text",
        "b.yaml: can't be read: No such file or directory",
    ]


def test_text_prints_the_summary_despite_warnings() -> None:
    assert render("text") == "all is fine\n"
    assert render("text", findings_from_problems([], [WORD])).splitlines()[1:] == ["all is fine"]
