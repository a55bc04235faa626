"""Traces as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from json import dumps
from typing import Any, NamedTuple

from calicoctl.analysis import wording
from calicoctl.analysis.explain import DirectionTrace, TriedPolicy, TriedRule
from calicoctl.analysis.services import ServiceSet
from calicoctl.analysis.trace import Trace, TraceCase
from calicoctl.printers.packets import (
    block_to_dict,
    direction_to_dict,
    format_block,
    format_direction,
    format_packet,
    packet_to_dict,
    rule_to_dict,
)


class Question(NamedTuple):
    """What was asked."""

    source: str
    destination: str
    services: ServiceSet
    basis: str
    """What the answer was worked out from."""
    notes: Sequence[str]


def format_text(question: Question, trace: Trace) -> str:
    """The verdict, and for each case an example packet with every rule that was tried."""
    services_text = wording.format_services(question.services)
    lines = [
        f"{trace.verdict}: {services_text} from {question.source} to {question.destination}",
        f"({question.basis})",
    ]
    for number, case in enumerate(trace.cases, 1):
        lines += ["", *_format_case(case, f"case {number}, " if len(trace.cases) > 1 else "")]
    return "\n".join(lines) + "\n"


def _format_case(case: TraceCase, heading: str) -> Iterator[str]:
    if heading:
        yield f"{heading}{_case_verdict(case)}:"
        yield from (f"  {format_block(block)}" for block in case.blocks)
    yield from (f"  {line}" for line in format_example(case))


def format_example(case: TraceCase) -> Iterator[str]:
    """The example of a case, with every rule that was tried."""
    yield f"example: {format_packet(case.packet, case.source, case.destination)}"
    for direction_trace in (case.egress, case.ingress):
        yield from _format_direction_details(direction_trace)


def _case_verdict(case: TraceCase) -> str:
    return "allowed" if case.allowed else "denied"


def _format_direction_details(direction_trace: DirectionTrace) -> Iterator[str]:
    yield format_direction(direction_trace)
    for tried_policy in direction_trace.tried:
        yield f"  {tried_policy.name}{_tried_policy_note(tried_policy)}"
        yield from (f"    {_format_tried_rule(rule)}" for rule in tried_policy.rules)


def _tried_policy_note(tried_policy: TriedPolicy) -> str:
    if tried_policy.owner is None:
        return " does not exist"
    if not tried_policy.reached:
        return ": not reached"
    return ":" if tried_policy.rules else ": has no rules for this direction"


def _format_tried_rule(tried_rule: TriedRule) -> str:
    rule, mismatch = tried_rule
    position = f" ({rule.location})" if rule.location else ""
    reason = (
        "matches" if mismatch is None else f"{mismatch.field} is {mismatch.wanted}, the packet has {mismatch.found}"
    )
    return f"{rule.direction}[{rule.index}] {rule.action}{position}: {reason}"


def format_json(question: Question, trace: Trace) -> str:
    """Everything that the text says, and all names."""
    value = {
        "formatVersion": 1,
        "verdict": trace.verdict,
        "from": question.source,
        "to": question.destination,
        "services": list(wording.service_texts(question.services)),
        "basis": question.basis,
        "notes": list(question.notes),
        "cases": [case_to_dict(case) for case in trace.cases],
    }
    return dumps(value, indent=2, ensure_ascii=False) + "\n"


def case_to_dict(case: TraceCase) -> dict[str, Any]:
    """A case, for JSON."""
    return {
        "verdict": _case_verdict(case),
        "parts": list(map(block_to_dict, case.blocks)),
        "example": packet_to_dict(case.packet, case.source, case.destination),
        "egress": _direction_details_to_dict(case.egress),
        "ingress": _direction_details_to_dict(case.ingress),
    }


def _direction_details_to_dict(direction_trace: DirectionTrace) -> dict[str, Any]:
    return {
        **direction_to_dict(direction_trace),
        "tried": [
            {
                "stage": tried_policy.kind,
                "name": tried_policy.name,
                "exists": tried_policy.owner is not None,
                "reached": tried_policy.reached,
                "rules": [
                    {**rule_to_dict(rule), "failed": mismatch and mismatch._asdict()}
                    for rule, mismatch in tried_policy.rules
                ],
            }
            for tried_policy in direction_trace.tried
        ],
    }
