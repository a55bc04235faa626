"""Input of the formatters of policy tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.analysis.policy_tests.coverage import Coverage

if TYPE_CHECKING:
    from calicoctl.operations.test import TestReport


class PolicyTestOutput(NamedTuple):
    """Results of policy tests, and options of the output."""

    report: TestReport
    coverage: Coverage | None
    """None without --coverage and --coverage-min."""
    coverage_min: float | None
    """Minimum coverage, in percent."""
    style: Callable[[str], str] = str
    """Adds color to a status."""

    @property
    def coverage_shortfall(self) -> str:
        """Message for a coverage below the minimum; empty otherwise."""
        if self.coverage is None or self.coverage_min is None or self.coverage.percent >= self.coverage_min:
            return ""
        return f"coverage is {format_percent(self.coverage)}, but {self.coverage_min:g}% is required"


def format_percent(coverage: Coverage) -> str:
    """Return the coverage rounded down, so that 100% means all rules."""
    return f"{int(coverage.percent * 10) / 10:g}%"
