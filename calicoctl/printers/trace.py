"""Traces as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from json import dumps
from typing import Any, NamedTuple

from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Rule
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import PAIR_PROTOCOLS, ServiceSet
from calicoctl.analysis.trace.explain import DirectionTrace, TriedPolicy, TriedRule
from calicoctl.analysis.trace.packet_match import Packet
from calicoctl.analysis.trace.trace import Trace, TraceCase, TrafficBlock
from calicoctl.kinds.values.protocols import PORT_PROTOCOLS, protocol_name


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
    services_text = service_text.format_services(question.services)
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
        "services": list(service_text.service_texts(question.services)),
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


_MAX_SHOWN_NAMES = 5
"""So many names are shown of a part; JSON has them all."""


_END_TEXTS = {
    DefaultDecision.POLICIES: "default: policies govern it, and none of their rules matches",
    DefaultDecision.PROFILES: "default: no rule of its profiles matches",
    DefaultDecision.NO_PROFILE: "default: no policy governs it, and it has no profile",
    DefaultDecision.MISSING: "the agent, since the profile does not exist",
    DefaultDecision.OUTSIDE: "default: it is no endpoint, so no policy is asked",
}


def format_block(block: TrafficBlock) -> str:
    """From whom to whom which services."""
    services = service_text.format_services(block.services)
    return f"{_format_names(block.sources)} -> {_format_names(block.destinations)}: {services}"


def _format_names(names: Sequence[str]) -> str:
    hidden_count = len(names) - _MAX_SHOWN_NAMES
    return ", ".join(names[:_MAX_SHOWN_NAMES]) + (f" and {hidden_count} more" if hidden_count > 0 else "")


def format_packet(packet: Packet, source: str, destination: str) -> str:
    """A packet, with the names of both ends."""
    ends = f"{source} ({packet.source.address}) to {destination} ({packet.destination.address})"
    return f"{service_text.format_service(packet.service)} from {ends}"


def format_direction(direction_trace: DirectionTrace) -> str:
    """The verdict of one half, and who decides, with the place of a rule."""
    endpoint_name = direction_trace.endpoint.name if direction_trace.endpoint else "outside"
    verdict = "allowed" if direction_trace.action == "allow" else "denied"
    decider = _format_decider(direction_trace.decided_by)
    return f"{direction_trace.direction} of {endpoint_name}: {verdict} by {decider}"


def _format_decider(decider: Rule | DefaultDecision) -> str:
    return (
        f"{decider} ({decider.location})"
        if isinstance(decider, Rule) and decider.location
        else str(decider)
        if isinstance(decider, Rule)
        else _END_TEXTS[decider]
    )


def block_to_dict(block: TrafficBlock) -> dict[str, Any]:
    """A part, with all names."""
    return {
        "from": list(block.sources),
        "to": list(block.destinations),
        "services": list(service_text.service_texts(block.services)),
    }


def packet_to_dict(packet: Packet, source: str, destination: str) -> dict[str, Any]:
    """A packet, with the names of both ends."""
    service = packet.service
    value: dict[str, Any] = {
        "from": {"name": source, "address": str(packet.source.address)},
        "to": {"name": destination, "address": str(packet.destination.address)},
        "protocol": protocol_name(service.protocol),
    }
    if service.protocol in PORT_PROTOCOLS:
        value |= {"sourcePort": service.first, "destinationPort": service.second}
    elif service.protocol in PAIR_PROTOCOLS:
        value |= {"type": service.first, "code": service.second}
    return value


def direction_to_dict(direction_trace: DirectionTrace) -> dict[str, Any]:
    """The verdict of one half, and who decides."""
    return {
        "of": direction_trace.endpoint.name if direction_trace.endpoint else "outside",
        "verdict": "allowed" if direction_trace.action == "allow" else "denied",
        "decidedBy": {"default": direction_trace.decided_by.name}
        if isinstance(direction_trace.decided_by, DefaultDecision)
        else rule_to_dict(direction_trace.decided_by),
    }


def rule_to_dict(rule: Rule) -> dict[str, Any]:
    """A rule by its name, with its place."""
    return {"rule": str(rule), "action": rule.action, "place": rule.location}
