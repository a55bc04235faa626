"""Results of policy tests for people."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.operations.testing import Judged, Suite
from calicoctl.printers.policytests import Shown
from calicoctl.printers.policytests.words import covered, explanation, idle, one_line, reason, summary


def show(shown: Shown) -> str:
    """A line for each case under its test, what was asked for of the coverage, and how many passed."""
    lines = [line for suite in shown.report.suites for line in _suite(suite, shown)]
    if shown.coverage:
        lines += [covered(shown.coverage), *(f"  not in any: {idle(rule)}" for rule in shown.coverage.idle)]
    if shown.uncovered:
        lines.append(f"{shown.painted('FAILED')} {shown.uncovered}")
    return "\n".join([*lines, summary(shown.report)]) + "\n"


def _suite(suite: Suite, shown: Shown) -> Iterator[str]:
    yield f"policyTest/{suite.name} ({suite.basis})"
    for case in suite.cases:
        yield from _case(case, shown)


def _case(case: Judged, shown: Shown) -> Iterator[str]:
    passed = case.status == "passed"
    name, place = one_line(case.expected.name), case.expected.position
    word = shown.painted("ok" if passed else "FAILED")
    yield f"  {word} {name} ({place.source}:{place.line})"
    if not passed:
        yield f"    {reason(case)}"
        yield from (f"    {line}" for line in explanation(case))
