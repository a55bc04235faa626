"""What has become of cases, in words that several forms of output share."""

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
    """Why a case did not pass, in a line."""
    if case.case.missing_peer:
        return f"vacuous: {case.case.missing_peer}"
    if case.status == "vacuous":
        return f"vacuous: no packet is meant ({_NO_PACKET_REASON})"
    return f"expected {case.case.expected_text}, but {', and '.join(map(_describe_mismatch, case.mismatches))}"


_NO_PACKET_REASON = "from and to are one endpoint, or have no IP version in common that the case is about"
_FAULT_TEXTS = {"open": "allowed", "closed": "denied", "decider": "decided by something else"}


def _describe_mismatch(mismatch: ExpectationMismatch) -> str:
    parts = list(service_text.service_texts(mismatch.services))
    return f"{join_words(parts)} {'is' if len(parts) == 1 else 'are'} {_FAULT_TEXTS[mismatch.kind]}"


def explain_failure(case: CaseResult) -> Iterator[str]:
    """The counterexamples of a case that failed: a packet each, with every rule that was tried."""
    for mismatch in case.mismatches:
        yield from format_example(mismatch.counterexample)


def format_summary(report: TestReport) -> str:
    """How many passed and failed."""
    passed = len(report.cases) - report.failed
    return f"{passed} passed, {report.failed} failed"


def coverage_line(coverage: Coverage) -> str:
    """The coverage in a line."""
    deciding = coverage.total - len(coverage.uncovered)
    return f"coverage: {deciding} of {coverage.total} rules decide in a case ({format_percent(coverage)})"


def uncovered_rule(rule: Rule) -> str:
    """A rule that decides in no case."""
    return escape_unprintable(f"{rule.location}: {rule} {rule.action}")
