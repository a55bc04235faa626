"""Results of policy tests to text: one module for each form of `-o`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.analysis.policytests.coverage import Coverage

if TYPE_CHECKING:
    from calicoctl.operations.testing import TestReport


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


OUTPUT_FORMATS = {
    "text": "a line for each case, and for one that fails a packet with every rule that was tried",
    "json": "an object with everything that the text has, for scripts",
    "junit": "JUnit XML: a test suite for each file, a test case for each case",
    "tap": "TAP 14, the Test Anything Protocol",
    "github": "annotations of GitHub Actions beside the cases that fail",
}
"""The forms of output and what each is; each is a module here with a function `show`."""


def format_output(output_format: str, output: PolicyTestOutput) -> str:
    """The text in one of `OUTPUT_FORMATS`; ends with a line break."""
    text: str = import_module(f"calicoctl.printers.policytests.{output_format}").show(output)
    return text


def format_percent(coverage: Coverage) -> str:
    """The share of rules that decide, rounded down: it is 100% only when all do."""
    return f"{int(coverage.percent * 10) / 10:g}%"
