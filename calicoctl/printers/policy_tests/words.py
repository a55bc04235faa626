"""Texts of results, shared by several formats."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.model.policy_set import Rule
from calicoctl.analysis.policy_tests.cases import ExpectationMismatch
from calicoctl.analysis.policy_tests.coverage import Coverage
from calicoctl.analysis.sets import service_text
from calicoctl.operations.load.expectations import join_words
from calicoctl.operations.test import CaseResult, TestReport
from calicoctl.printable import escape_unprintable
from calicoctl.printers.decisions import format_example
from calicoctl.printers.policy_tests.output import format_percent


def failure_reason(case: CaseResult) -> str:
    """Return the reason for a failed or vacuous case, in one line."""
    if case.case.missing_peer:
        return f"vacuous: {case.case.missing_peer}"
    if case.status == "vacuous" and case.case.baseline:
        return f"vacuous: {case.case.baseline.text} allows no traffic with the tested endpoints"
    if case.status == "vacuous":
        return f"vacuous: policy applies to no packet ({_NO_PACKET_REASON})"
    return f"expected {case.case.expected_text}, but {', and '.join(map(_describe_mismatch, case.mismatches))}"


_NO_PACKET_REASON = "from and to are the same endpoint, contain no endpoint, or have no common IP version of the case"
_FAULT_TEXTS = {"open": "allowed", "closed": "denied", "decider": "decided by another rule"}


def _describe_mismatch(mismatch: ExpectationMismatch) -> str:
    parts = list(service_text.service_texts(mismatch.services))
    return f"{join_words(parts)} {'is' if len(parts) == 1 else 'are'} {_FAULT_TEXTS[mismatch.kind]}"


def explain_failure(case: CaseResult) -> Iterator[str]:
    """Yield the lines of a counterexample for each mismatch: a packet and all tried rules."""
    for mismatch in case.mismatches:
        yield from format_example(mismatch.counterexample)


def format_summary(report: TestReport) -> str:
    """Return the number of passed and failed cases."""
    passed = len(report.cases) - report.failed
    return f"{passed} passed, {report.failed} failed"


def coverage_line(coverage: Coverage) -> str:
    """Return the coverage in one line."""
    deciding = coverage.total - len(coverage.uncovered)
    return f"coverage: {deciding} of {coverage.total} rules decide a case ({format_percent(coverage)})"


def uncovered_rule(rule: Rule) -> str:
    """Return a line for a rule that decides no case."""
    return escape_unprintable(f"{rule.location}: {rule} {rule.action}")
