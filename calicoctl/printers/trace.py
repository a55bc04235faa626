"""Traces as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from json import dumps
from typing import Any, NamedTuple

from calicoctl.analysis import wording
from calicoctl.analysis.explain import Half, Tried, TriedRule
from calicoctl.analysis.services import ServiceSet
from calicoctl.analysis.trace import Case, Trace
from calicoctl.printers.packets import (
    half_line,
    half_value,
    packet_line,
    packet_value,
    part_line,
    part_value,
    rule_value,
)


class Question(NamedTuple):
    """What was asked."""

    source: str
    destination: str
    services: ServiceSet
    basis: str
    """What the answer was worked out from."""
    notes: Sequence[str]


def text(question: Question, trace: Trace) -> str:
    """The verdict, and for each case an example packet with every rule that was tried."""
    asked = wording.services(question.services)
    lines = [f"{trace.verdict}: {asked} from {question.source} to {question.destination}", f"({question.basis})"]
    for number, case in enumerate(trace.cases, 1):
        lines += ["", *_case(case, f"case {number}, " if len(trace.cases) > 1 else "")]
    return "\n".join(lines) + "\n"


def _case(case: Case, name: str) -> Iterator[str]:
    if name:
        yield f"{name}{_verdict(case)}:"
        yield from (f"  {part_line(part)}" for part in case.parts)
    yield from (f"  {line}" for line in case_lines(case))


def case_lines(case: Case) -> Iterator[str]:
    """The example of a case, with every rule that was tried."""
    yield f"example: {packet_line(case.packet, case.source, case.destination)}"
    for half in (case.egress, case.ingress):
        yield from _half(half)


def _verdict(case: Case) -> str:
    return "allowed" if case.allowed else "denied"


def _half(half: Half) -> Iterator[str]:
    yield half_line(half)
    for tried in half.tried:
        yield f"  {tried.name}{_remark(tried)}"
        yield from (f"    {_rule(rule)}" for rule in tried.rules)


def _remark(tried: Tried) -> str:
    if tried.owner is None:
        return " does not exist"
    if not tried.reached:
        return ": not reached"
    return ":" if tried.rules else ": has no rules for this direction"


def _rule(tried: TriedRule) -> str:
    rule, failure = tried
    place = f" ({rule.place})" if rule.place else ""
    why = "matches" if failure is None else f"{failure.field} is {failure.wanted}, the packet has {failure.found}"
    return f"{rule.direction}[{rule.index}] {rule.action}{place}: {why}"


def json(question: Question, trace: Trace) -> str:
    """Everything that the text says, and all names."""
    value = {
        "formatVersion": 1,
        "verdict": trace.verdict,
        "from": question.source,
        "to": question.destination,
        "services": list(wording.parts(question.services)),
        "basis": question.basis,
        "notes": list(question.notes),
        "cases": [case_value(case) for case in trace.cases],
    }
    return dumps(value, indent=2, ensure_ascii=False) + "\n"


def case_value(case: Case) -> dict[str, Any]:
    """A case, for JSON."""
    return {
        "verdict": _verdict(case),
        "parts": list(map(part_value, case.parts)),
        "example": packet_value(case.packet, case.source, case.destination),
        "egress": _half_value(case.egress),
        "ingress": _half_value(case.ingress),
    }


def _half_value(half: Half) -> dict[str, Any]:
    return {
        **half_value(half),
        "tried": [
            {
                "stage": tried.kind,
                "name": tried.name,
                "exists": tried.owner is not None,
                "reached": tried.reached,
                "rules": [{**rule_value(rule), "failed": failed and failed._asdict()} for rule, failed in tried.rules],
            }
            for tried in half.tried
        ],
    }
