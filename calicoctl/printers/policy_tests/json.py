"""Results of policy tests as a JSON object."""

from __future__ import annotations

from typing import Any

from calicoctl.analysis.policy_tests.coverage import Coverage
from calicoctl.analysis.sets import service_text
from calicoctl.operations.test import CaseResult, SuiteResult
from calicoctl.printers.decisions import case_to_dict
from calicoctl.printers.policy_tests.output import PolicyTestOutput
from calicoctl.printers.policy_tests.words import failure_reason
from calicoctl.printers.record import format_json


def format_result(output: PolicyTestOutput) -> str:
    """Return a JSON object with all results."""
    report = output.report
    value = {
        "formatVersion": 1,
        "passed": len(report.cases) - report.failed,
        "failed": report.failed,
        "tests": [_suite_to_dict(suite) for suite in report.suites],
        "coverage": _coverage_to_dict(report.coverage),
    }
    return format_json(value)


def _suite_to_dict(suite: SuiteResult) -> dict[str, Any]:
    return {
        "name": suite.name,
        "file": suite.position.source,
        "line": suite.position.line,
        "basis": suite.basis,
        "notes": list(suite.notes),
        "cases": [_case_to_dict(case) for case in suite.cases],
    }


def _case_to_dict(case: CaseResult) -> dict[str, Any]:
    expected = case.case
    return {
        "name": expected.name,
        "file": expected.position.source,
        "line": expected.position.line,
        "status": case.status,
        "expected": expected.expected_text,
        "message": None if case.status == "passed" else failure_reason(case),
        "failures": [
            {
                "fault": mismatch.kind,
                "services": list(service_text.service_texts(mismatch.services)),
                "counterexample": case_to_dict(mismatch.counterexample),
            }
            for mismatch in case.mismatches
        ],
    }


def _coverage_to_dict(coverage: Coverage) -> dict[str, Any]:
    return {
        "rules": coverage.total,
        "deciding": coverage.total - len(coverage.uncovered),
        "percent": coverage.percent,
        "idle": [{"rule": str(rule), "action": rule.action, "place": rule.location} for rule in coverage.uncovered],
    }
