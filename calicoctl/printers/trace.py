"""Traces as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from json import dumps
from typing import Any, NamedTuple

from calicoctl.analysis import wording
from calicoctl.analysis.explain import Half, Tried, TriedRule
from calicoctl.analysis.model import Rule
from calicoctl.analysis.services import PLANES, WITH_PORTS, ServiceSet
from calicoctl.analysis.stages import End
from calicoctl.analysis.trace import Case, Part, Trace


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
        yield from (f"  {_part(part)}" for part in case.parts)
    yield from (f"  {line}" for line in case_lines(case))


def case_lines(case: Case) -> Iterator[str]:
    """The example of a case, with every rule that was tried."""
    packet = case.packet
    ends = f"{case.source} ({packet.source.address}) to {case.destination} ({packet.destination.address})"
    yield f"example: {wording.service(packet.service)} from {ends}"
    for half in (case.egress, case.ingress):
        yield from _half(half)


def _verdict(case: Case) -> str:
    return "allowed" if case.allowed else "denied"


def _part(part: Part) -> str:
    return f"{_listed(part.sources)} -> {_listed(part.destinations)}: {wording.services(part.services)}"


_SHOWN = 5
"""So many names are shown of a part; JSON has them all."""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _half(half: Half) -> Iterator[str]:
    who = half.endpoint.name if half.endpoint else "outside"
    yield f"{half.direction} of {who}: {'allowed' if half.action == 'allow' else 'denied'} by {_by(half.by)}"
    for tried in half.tried:
        yield f"  {tried.name}{_remark(tried)}"
        yield from (f"    {_rule(rule)}" for rule in tried.rules)


def _by(by: Rule | End) -> str:
    return f"{by} ({by.place})" if isinstance(by, Rule) and by.place else str(by) if isinstance(by, Rule) else _END[by]


_END = {
    End.POLICIES: "default: policies govern it, and none of their rules matches",
    End.PROFILES: "default: no rule of its profiles matches",
    End.NO_PROFILE: "default: no policy governs it, and it has no profile",
    End.MISSING: "the agent, since the profile does not exist",
    End.OUTSIDE: "default: it is no endpoint, so no policy is asked",
}


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
        "parts": [
            {
                "from": list(part.sources),
                "to": list(part.destinations),
                "services": list(wording.parts(part.services)),
            }
            for part in case.parts
        ],
        "example": _packet_value(case),
        "egress": _half_value(case.egress),
        "ingress": _half_value(case.ingress),
    }


def _packet_value(case: Case) -> dict[str, Any]:
    service = case.packet.service
    value: dict[str, Any] = {
        "from": {"name": case.source, "address": str(case.packet.source.address)},
        "to": {"name": case.destination, "address": str(case.packet.destination.address)},
        "protocol": wording.protocol_name(service.protocol),
    }
    if service.protocol in WITH_PORTS:
        value |= {"sourcePort": service.first, "destinationPort": service.second}
    elif service.protocol in PLANES:
        value |= {"type": service.first, "code": service.second}
    return value


def _half_value(half: Half) -> dict[str, Any]:
    by: dict[str, Any] = {"default": half.by.name} if isinstance(half.by, End) else _rule_value(half.by)
    return {
        "of": half.endpoint.name if half.endpoint else "outside",
        "verdict": "allowed" if half.action == "allow" else "denied",
        "decidedBy": by,
        "tried": [
            {
                "stage": tried.kind,
                "name": tried.name,
                "exists": tried.owner is not None,
                "reached": tried.reached,
                "rules": [{**_rule_value(rule), "failed": failed and failed._asdict()} for rule, failed in tried.rules],
            }
            for tried in half.tried
        ],
    }


def _rule_value(rule: Rule) -> dict[str, Any]:
    return {"rule": str(rule), "action": rule.action, "place": rule.place}
