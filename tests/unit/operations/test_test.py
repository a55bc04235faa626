"""Reports of policy tests: counts."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.operations.test import CaseResult
from tests.support.policy_test_reports import MIXED_REPORT, PASSED_REPORT


def case_names(what: Sequence[CaseResult]) -> list[str]:
    return [each.case.name for each in what]


def test_a_report_counts() -> None:
    assert (case_names(MIXED_REPORT.cases), MIXED_REPORT.failed, PASSED_REPORT.failed) == (
        ["ssh", "nothing", "gone"],
        2,
        0,
    )
