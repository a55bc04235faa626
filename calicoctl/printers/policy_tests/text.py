"""Results of policy tests as text."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.operations.test import CaseResult, SuiteResult
from calicoctl.printable import join_lines
from calicoctl.printers.policy_tests.output import PolicyTestOutput
from calicoctl.printers.policy_tests.words import (
    coverage_line,
    explain_failure,
    failure_reason,
    format_summary,
    uncovered_rule,
)


def format_result(output: PolicyTestOutput) -> str:
    """Return a line for each case, the coverage, and the number of passed and failed cases."""
    lines = [line for suite in output.report.suites for line in _suite_lines(suite, output)]
    if output.coverage:
        lines += [
            coverage_line(output.coverage),
            *(f"  not covered: {uncovered_rule(rule)}" for rule in output.coverage.uncovered),
        ]
    if output.coverage_shortfall:
        lines.append(f"{output.style('FAILED')} {output.coverage_shortfall}")
    return join_lines([*lines, format_summary(output.report)])


def _suite_lines(suite: SuiteResult, output: PolicyTestOutput) -> Iterator[str]:
    yield f"policyTest/{suite.name} ({suite.basis})"
    for case in suite.cases:
        yield from _case_lines(case, output)


def _case_lines(case: CaseResult, output: PolicyTestOutput) -> Iterator[str]:
    passed = case.status == "passed"
    name, position = case.case.name, case.case.position
    status = output.style("ok" if passed else "FAILED")
    yield f"  {status} {name} ({position.source}:{position.line})"
    if not passed:
        yield f"    {failure_reason(case)}"
        yield from (f"    {line}" for line in explain_failure(case))
