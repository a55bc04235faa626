"""Results of policy tests as JSON, for programs."""

from __future__ import annotations

from json import dumps
from typing import Any

from calicoctl.analysis import wording
from calicoctl.analysis.policytests.coverage import Coverage
from calicoctl.operations.testing import Judged, Suite
from calicoctl.printers.policytests import Shown
from calicoctl.printers.policytests.words import reason
from calicoctl.printers.trace import case_value


def show(shown: Shown) -> str:
    """One object."""
    report = shown.report
    value = {
        "formatVersion": 1,
        "passed": len(report.cases) - report.failed,
        "failed": report.failed,
        "tests": [_suite(suite) for suite in report.suites],
        "coverage": _coverage(report.coverage),
    }
    return dumps(value, indent=2, ensure_ascii=False) + "\n"


def _suite(suite: Suite) -> dict[str, Any]:
    return {
        "name": suite.name,
        "file": suite.position.source,
        "line": suite.position.line,
        "basis": suite.basis,
        "notes": list(suite.notes),
        "cases": [_case(case) for case in suite.cases],
    }


def _case(case: Judged) -> dict[str, Any]:
    expected = case.expected
    return {
        "name": expected.name,
        "file": expected.position.source,
        "line": expected.position.line,
        "status": case.status,
        "expected": expected.words,
        "message": None if case.status == "passed" else reason(case),
        "failures": [
            {
                "fault": found.fault,
                "services": list(wording.parts(found.services)),
                "counterexample": case_value(found.counterexample),
            }
            for found in case.disappointments
        ],
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "rules": coverage.total,
        "deciding": coverage.total - len(coverage.idle),
        "percent": coverage.percent,
        "idle": [{"rule": str(rule), "action": rule.action, "place": rule.place} for rule in coverage.idle],
    }
