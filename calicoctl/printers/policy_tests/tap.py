"""Results of policy tests in the Test Anything Protocol, version 14 (testanything.org)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from calicoctl.manifest.writer import to_yaml_document
from calicoctl.operations.test import CaseResult
from calicoctl.printable import escape_unprintable
from calicoctl.printers.policy_tests.output import PolicyTestOutput
from calicoctl.printers.policy_tests.words import (
    coverage_line,
    explain_failure,
    failure_reason,
    uncovered_rule,
)


def format_result(output: PolicyTestOutput) -> str:
    """Return a test point for each case, and one for the minimum coverage."""
    cases = output.report.cases
    lines = ["TAP version 14", f"1..{len(cases) + (output.coverage_min is not None)}"]
    for number, case in enumerate(cases, 1):
        lines += _test_point(number, case)
    if output.coverage:
        lines += [
            f"# {coverage_line(output.coverage)}",
            *(f"# not covered: {uncovered_rule(rule)}" for rule in output.coverage.uncovered),
        ]
    if output.coverage_min is not None:
        status = "not ok" if output.coverage_shortfall else "ok"
        lines.append(f"{status} {len(cases) + 1} - {output.coverage_min:g}% of the rules decide a case")
    return "\n".join(lines) + "\n"


def _test_point(number: int, case: CaseResult) -> Iterator[str]:
    passed = case.status == "passed"
    yield f"{'ok' if passed else 'not ok'} {number} - {_escape(escape_unprintable(case.case.title))}"
    if not passed:
        position = case.case.position
        value: dict[str, Any] = {
            "message": failure_reason(case),
            "severity": "fail",
            "at": {"file": position.source, "line": position.line},
        }
        if lines := list(explain_failure(case)):
            value["explanation"] = lines
        yield from (f"  {line}" for line in to_yaml_document(value.items()).splitlines())
        yield "  ..."


def _escape(text: str) -> str:
    """Escape a description, in which `#` begins a directive."""
    return text.replace("\\", "\\\\").replace("#", "\\#")
