"""What has become of cases, in words that several forms of output share."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis import wording
from calicoctl.analysis.model import Rule
from calicoctl.analysis.policytests.cases import Disappointment
from calicoctl.analysis.policytests.coverage import Coverage
from calicoctl.operations.expectations import listed
from calicoctl.operations.testing import Judged, TestReport
from calicoctl.printers.policytests import percent
from calicoctl.printers.trace import case_lines


def reason(case: Judged) -> str:
    """Why a case did not pass, in a line."""
    if case.expected.missing:
        return f"vacuous: {case.expected.missing}"
    if case.status == "vacuous":
        return f"vacuous: no packet is meant ({_NO_PACKET})"
    return f"expected {case.expected.words}, but {', and '.join(map(_fault, case.disappointments))}"


_NO_PACKET = "from and to are one endpoint, or have no IP version in common that the case is about"
_FAULTS = {"open": "allowed", "closed": "denied", "decider": "decided by something else"}


def _fault(found: Disappointment) -> str:
    parts = list(wording.parts(found.services))
    return f"{listed(parts)} {'is' if len(parts) == 1 else 'are'} {_FAULTS[found.fault]}"


def explanation(case: Judged) -> Iterator[str]:
    """The counterexamples of a case that failed: a packet each, with every rule that was tried."""
    for found in case.disappointments:
        yield from case_lines(found.counterexample)


def summary(report: TestReport) -> str:
    """How many passed and failed."""
    passed = len(report.cases) - report.failed
    return f"{passed} passed, {report.failed} failed"


def covered(coverage: Coverage) -> str:
    """The coverage in a line."""
    decide = coverage.total - len(coverage.idle)
    return f"coverage: {decide} of {coverage.total} rules decide in a case ({percent(coverage)})"


def idle(rule: Rule) -> str:
    """A rule that decides in no case."""
    return one_line(f"{rule.place}: {rule} {rule.action}")


def one_line(text: str) -> str:
    """The text, with what a terminal does not show, or takes for a command, escaped."""
    return text if text.isprintable() else repr(text)[1:-1]
