"""Findings of every severity, and how the printers show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calicoctl.errors import Position, Problem
from calicoctl.findings import (
    MANIFEST_RULES,
    CheckedResource,
    CheckResult,
    Finding,
    Severity,
    findings_from_problems,
)
from calicoctl.printers import formats

TYPO = Problem(Position("a.yaml", 9, 13), "policy/web", "spec.ingress[0].action", "'alow' is not allowed", "schema")


SELECTOR = Problem(Position("a.yaml", 12, 4), "policy/web", "spec.selector", "expected '=='", "selector")


TWICE = Problem(Position("a.yaml", 20, 3), "policy/db", "", "duplicate resource", "duplicate")


MISSING = Problem(Position("b.yaml"), "", "", "can't be read: No such file or directory", "unreadable")


WORD = Problem(Position("a.yaml", 21, 5), "policy/db", "metadata.labels.x", "'no' is taken as text", "ambiguous-text")


FINDINGS = findings_from_problems([SELECTOR, TYPO, TWICE, MISSING], [WORD])


SUBJECTS = (
    CheckedResource(Position("a.yaml", 1, 3), "policy/ok"),
    CheckedResource(Position("a.yaml", 7, 3), "policy/web"),
    CheckedResource(Position("a.yaml", 20, 3), "policy/db"),
)


def check_result(findings: Sequence[Finding] = (), subjects: Sequence[CheckedResource] = SUBJECTS) -> CheckResult:
    sources = dict.fromkeys(
        [subject.position.source for subject in subjects] + [each.problem.position.source for each in findings]
    )
    return CheckResult(findings, "all is fine", MANIFEST_RULES, tuple(sources), lambda: subjects)


def render(form: str, findings: Sequence[Finding] = (), subjects: Sequence[CheckedResource] = SUBJECTS) -> str:
    return formats.FINDINGS.select(form).load()(check_result(findings, subjects))


def single_finding(**changes: Any) -> tuple[Finding]:
    """A single finding; the keywords are those of Problem, and `severity`."""
    severity = changes.pop("severity", Severity.ERROR)
    problem = {"position": Position("a.yaml", 1, 2), "subject": "policy/web", "path": "", "message": "wrong", **changes}
    return (Finding(Problem(**problem), severity),)
