"""Results of policy tests as findings, for the forms of output that findings have as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calicoctl.errors import Position, Problem
from calicoctl.findings import Checked, Finding, Subject
from calicoctl.operations.testing import Judged
from calicoctl.printers.policytests import Shown
from calicoctl.printers.policytests.words import explanation, reason, summary

RULES: Mapping[str, str] = {
    "failed": "Traffic is not as the case expects it.",
    "vacuous": "The case is about nobody.",
    "coverage": "Fewer rules decide in a case than were asked for.",
}


def checked(shown: Shown) -> Checked:
    """A finding for each case that did not pass; what they are about are the cases."""
    cases = shown.report.cases
    sources = tuple(dict.fromkeys(case.expected.position.source for case in cases))
    findings = tuple(finding for case in cases for finding in _finding(case))
    if shown.uncovered:
        findings += (Finding(Problem(Position(sources[0]), "", "", shown.uncovered, "coverage")),)
    return Checked(findings, summary(shown.report), RULES, sources, lambda: [*map(_subject, cases)])


def _subject(case: Judged) -> Subject:
    return Subject(case.expected.position, case.expected.title)


def _finding(case: Judged) -> Iterator[Finding]:
    if case.status != "passed":
        expected = case.expected
        problem = Problem(expected.position, expected.title, "", reason(case), case.status)
        yield Finding(problem, details=tuple(explanation(case)))
