"""Results of policy tests in the Test Anything Protocol, version 14 (testanything.org)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from calicoctl.manifest.writer import to_yaml_document
from calicoctl.operations.testing import Judged
from calicoctl.printers.policytests import Shown
from calicoctl.printers.policytests.words import covered, explanation, idle, one_line, reason


def show(shown: Shown) -> str:
    """A test point for each case, and one for the coverage where that is asked for."""
    cases = shown.report.cases
    lines = ["TAP version 14", f"1..{len(cases) + (shown.least is not None)}"]
    for number, case in enumerate(cases, 1):
        lines += _point(number, case)
    if shown.coverage:
        lines += [f"# {covered(shown.coverage)}", *(f"# not in any: {idle(rule)}" for rule in shown.coverage.idle)]
    if shown.least is not None:
        word = "not ok" if shown.uncovered else "ok"
        lines.append(f"{word} {len(cases) + 1} - {shown.least:g}% of the rules decide in a case")
    return "\n".join(lines) + "\n"


def _point(number: int, case: Judged) -> Iterator[str]:
    passed = case.status == "passed"
    yield f"{'ok' if passed else 'not ok'} {number} - {_escaped(one_line(case.expected.title))}"
    if not passed:
        place = case.expected.position
        value: dict[str, Any] = {
            "message": reason(case),
            "severity": "fail",
            "at": {"file": place.source, "line": place.line},
        }
        if lines := list(explanation(case)):
            value["explanation"] = lines
        yield from (f"  {line}" for line in to_yaml_document(value.items()).splitlines())
        yield "  ..."


def _escaped(text: str) -> str:
    """A description, in which `#` begins a directive."""
    return text.replace("\\", "\\\\").replace("#", "\\#")
