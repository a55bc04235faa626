"""Results of policy tests as findings, for the formats of findings: JUnit XML and annotations of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calicoctl.errors import Position, Problem
from calicoctl.findings import CheckedResource, CheckResult, Finding
from calicoctl.operations.test import CaseResult
from calicoctl.printers.findings import github, junit
from calicoctl.printers.policy_tests.output import PolicyTestOutput
from calicoctl.printers.policy_tests.words import explain_failure, failure_reason, format_summary

RULES: Mapping[str, str] = {
    "failed": "The traffic differs from the expectation of the case.",
    "vacuous": "The case matches no packet.",
    "coverage": "Fewer rules decide a case than required.",
}


def format_junit(output: PolicyTestOutput) -> str:
    """Return JUnit XML with a test suite for each file and a test case for each case."""
    return junit.format_result(as_findings(output))


def format_github(output: PolicyTestOutput) -> str:
    """Return an annotation for each failed case."""
    return github.format_result(as_findings(output))


def as_findings(output: PolicyTestOutput) -> CheckResult:
    """Return a finding for each case that did not pass. The checked resources are the cases."""
    cases = output.report.cases
    sources = tuple(dict.fromkeys(case.case.position.source for case in cases))
    findings = tuple(finding for case in cases for finding in _case_findings(case))
    if output.coverage_shortfall:
        findings += (Finding(Problem(Position(sources[0]), "", "", output.coverage_shortfall, "coverage")),)
    return CheckResult(findings, format_summary(output.report), RULES, sources, lambda: [*map(_checked_case, cases)])


def _checked_case(case: CaseResult) -> CheckedResource:
    return CheckedResource(case.case.position, case.case.title)


def _case_findings(case: CaseResult) -> Iterator[Finding]:
    if case.status != "passed":
        expected = case.case
        problem = Problem(expected.position, expected.title, "", failure_reason(case), case.status)
        yield Finding(problem, details=tuple(explain_failure(case)))
