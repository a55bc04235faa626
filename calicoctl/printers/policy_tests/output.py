"""The result of policy tests as their formatters take it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.analysis.policy_tests.coverage import Coverage

if TYPE_CHECKING:
    from calicoctl.operations.test import TestReport


class PolicyTestOutput(NamedTuple):
    """What is printed, and how."""

    report: TestReport
    coverage: Coverage | None
    """None when nobody has asked for it."""
    coverage_min: float | None
    """The coverage that is asked for at least, in percent."""
    style: Callable[[str], str] = str
    """Gives the word for a status its colour, where there are colours."""

    @property
    def coverage_shortfall(self) -> str:
        """That too few rules decide in a case, in words; empty when it is enough."""
        if self.coverage is None or self.coverage_min is None or self.coverage.percent >= self.coverage_min:
            return ""
        return f"coverage is {format_percent(self.coverage)}, but {self.coverage_min:g}% is asked for"


def format_percent(coverage: Coverage) -> str:
    """The share of rules that decide, rounded down: it is 100% only when all do."""
    return f"{int(coverage.percent * 10) / 10:g}%"
