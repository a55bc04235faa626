"""Traffic blocks, packets and the decisions on them, as text and as JSON values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from calicoctl.analysis.evaluation.neighbor_discovery import NEIGHBOR_DISCOVERY
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Rule
from calicoctl.analysis.peers.peer import OUTSIDE
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import PAIR_PROTOCOLS
from calicoctl.analysis.trace.explain import DirectionTrace
from calicoctl.analysis.trace.packet_match import CriterionMismatch, Packet
from calicoctl.analysis.trace.rule_walk import TriedPolicy, TriedRule
from calicoctl.analysis.trace.traffic import TraceCase, TrafficBlock
from calicoctl.kinds.values.protocols import PORT_PROTOCOLS, protocol_name
from calicoctl.name_list import join_limited

_MAX_SHOWN_NAMES = 5
"""Maximum number of names at each end of a traffic block in text; JSON has all."""

DEFAULT_TEXTS = {
    DefaultDecision.POLICIES: "default: no rule of its policies matches",
    DefaultDecision.PROFILES: "default: no rule of its profiles matches",
    DefaultDecision.NO_PROFILE: "default: no policy applies to it, and it has no profile",
    DefaultDecision.MISSING: "default: its profile does not exist",
    DefaultDecision.OUTSIDE: "default: no policy applies to non-endpoints",
    DefaultDecision.FORWARD: "default: no rule of the applyOnForward policies of the host endpoint matches",
    DefaultDecision.NO_HOST_ENDPOINT: "default: no host endpoint applies to the interface",
    DefaultDecision.NOT_ENFORCED: "default: no policy applies between a node and its own workloads, or within a node",
    DefaultDecision.TO_HOST: "default: the agent drops traffic of workloads to their own node",
    DefaultDecision.FAILSAFE: "default: failsafe port of the agent",
    DefaultDecision.NEIGHBOR_DISCOVERY: "default: IPv6 neighbor discovery is denied, "
    "so no IPv6 packet passes the interface",
    DefaultDecision.INVALID_REPLY: "default: the request is not tracked, so the agent drops the reply as invalid",
    DefaultDecision.UNTRACKED_REPLY: "default: the request is tracked and the reply is not: "
    "the connection opens and carries no data",
}


def verdict(*, allowed: bool) -> str:
    """Return `allowed` or `denied`."""
    return "allowed" if allowed else "denied"


def format_block(block: TrafficBlock) -> str:
    """Return sources, destinations and services in a line."""
    ends = (join_limited(names, _MAX_SHOWN_NAMES) for names in (block.sources, block.destinations))
    return f"{' -> '.join(ends)}: {service_text.format_services(block.services, block.only_version)}"


def block_to_dict(block: TrafficBlock) -> dict[str, Any]:
    """Return a traffic block with all names for JSON."""
    return {
        "from": list(block.sources),
        "to": list(block.destinations),
        "services": list(service_text.service_texts(block.services)),
        "ipVersion": block.only_version,
    }


def format_packet(packet: Packet, source: str, destination: str) -> str:
    """Return a packet with the names and addresses of both ends in a line."""
    ends = f"{source} ({packet.source.address}) to {destination} ({packet.destination.address})"
    return f"{service_text.format_service(packet.service)} from {ends}"


def packet_to_dict(packet: Packet, source: str, destination: str) -> dict[str, Any]:
    """Return a packet with the names and addresses of both ends for JSON."""
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


def format_direction(direction_trace: DirectionTrace) -> str:
    """Return the decision of one direction in a line, with the location of the deciding rule and its stage."""
    subject = f"{direction_trace.direction} of {_endpoint_name(direction_trace)}"
    if direction_trace.interface:
        subject += f" by {direction_trace.interface}"
    return f"{subject}: {format_decider(direction_trace)}"


def format_decider(direction_trace: DirectionTrace) -> str:
    """Return the decision of one direction and the deciding rule: `allowed by policy/web ingress[0] (web.yaml:9)`."""
    decider, deciding = direction_trace.decided_by, direction_trace.deciding_policy
    text = DEFAULT_TEXTS[decider] if isinstance(decider, DefaultDecision) else str(decider) + location_suffix(decider)
    stage = f", {_stage_text(deciding)}" if deciding and deciding.host else ""
    return f"{_action_verdict(direction_trace)} by {text}{stage}"


def _stage_text(tried_policy: TriedPolicy) -> str:
    """Return the stage of a policy of a host endpoint, such as `preDNAT policy of hostEndpoint/n/eth0`; else empty."""
    if tried_policy.host is None:
        return ""
    kind = {"policies": "normal policy", "profile": "profile"}.get(tried_policy.kind, f"{tried_policy.kind} policy")
    packet = ", for the reply" if tried_policy.reply else ""
    if tried_policy.discovery:
        packet = f", for neighbor discovery: {tried_policy.discovery}"
    return f"{kind} of {tried_policy.host.name}{packet}"


def direction_to_dict(direction_trace: DirectionTrace) -> dict[str, Any]:
    """Return the decision of one direction for JSON."""
    decider = direction_trace.decided_by
    deciding = direction_trace.deciding_policy
    on_node: dict[str, Any] = {}
    if deciding and deciding.host:
        on_node = {"stage": deciding.kind, "hostEndpoint": deciding.host.name, "reply": deciding.reply}
    if direction_trace.interface:
        on_node["interface"] = direction_trace.interface
    if direction_trace.alternatives:
        on_node["alternatives"] = [
            {**direction_to_dict(other), "interface": other.interface, "tried": _tried_to_list(other.tried)}
            for other in direction_trace.alternatives
        ]
    return {
        **on_node,
        "of": _endpoint_name(direction_trace),
        "verdict": _action_verdict(direction_trace),
        "decidedBy": decider_to_dict(decider),
    }


def format_example(case: TraceCase) -> Iterator[str]:
    """Yield lines for the example packet of a case, with all rules tried in both directions."""
    yield f"example: {format_packet(case.packet, case.source, case.destination)}"
    for direction_trace in (case.egress, case.ingress):
        for each in (direction_trace, *direction_trace.alternatives):
            yield from _format_direction_lines(each)
            if case.packet.service in NEIGHBOR_DISCOVERY and each.action == "deny" and each.host:
                yield f"  without neighbor discovery, no IPv6 packet passes the interface of {each.host.name}"


def _format_direction_lines(direction_trace: DirectionTrace) -> Iterator[str]:
    """Yield lines for the decision of one direction, with all rules tried."""
    yield format_direction(direction_trace)
    for tried_policy in direction_trace.tried:
        stage = _stage_text(tried_policy)
        yield f"  {tried_policy.name}{f' ({stage})' if stage else ''}{_tried_policy_note(tried_policy)}"
        yield from (f"    {_format_tried_rule(rule)}" for rule in tried_policy.rules)


def not_allowing_to_list(case: TraceCase) -> list[dict[str, str]]:
    """Return the policies and profiles that select an end of a denied case and do not allow it, for JSON."""
    return [{"name": tried.name, "direction": direction} for tried, direction in dict.fromkeys(case.not_allowing)]


def format_not_allowing(case: TraceCase) -> str:
    """Return the policies and profiles that select an end of a denied case and do not allow it; empty if none do."""
    names = dict.fromkeys(f"{tried.name} ({direction})" for tried, direction in case.not_allowing)
    return f"policies that do not allow it: {', '.join(names)}" if names else ""


def case_to_dict(case: TraceCase) -> dict[str, Any]:
    """Return a case with all rules tried in both directions for JSON."""
    return {
        "verdict": case.verdict,
        "parts": list(map(block_to_dict, case.blocks)),
        "example": packet_to_dict(case.packet, case.source, case.destination),
        "egress": {**direction_to_dict(case.egress), "tried": _tried_to_list(case.egress.tried)},
        "ingress": {**direction_to_dict(case.ingress), "tried": _tried_to_list(case.ingress.tried)},
    }


def _endpoint_name(direction_trace: DirectionTrace) -> str:
    return direction_trace.endpoint.name if direction_trace.endpoint else OUTSIDE


def _action_verdict(direction_trace: DirectionTrace) -> str:
    return verdict(allowed=direction_trace.action == "allow")


def location_suffix(rule: Rule) -> str:
    """Return the location of a rule in parentheses; empty if it is unknown."""
    return f" ({rule.location})" if rule.location else ""


def _tried_policy_note(tried_policy: TriedPolicy) -> str:
    if tried_policy.owner is None:
        return " does not exist"
    if not tried_policy.reached:
        return ": not reached"
    return ":" if tried_policy.rules else ": has no rules for this direction"


def _format_tried_rule(tried_rule: TriedRule) -> str:
    rule, mismatch = tried_rule
    reason = f"{mismatch.field} is {mismatch.expected}, the packet has {mismatch.actual}" if mismatch else "matches"
    return f"{rule.direction}[{rule.index}] {rule.action}{location_suffix(rule)}: {reason}"


def _mismatch_to_dict(mismatch: CriterionMismatch) -> dict[str, str]:
    return {"field": mismatch.field, "wanted": mismatch.expected, "found": mismatch.actual}


def _tried_to_list(tried: Sequence[TriedPolicy]) -> list[dict[str, Any]]:
    return [
        {
            "stage": tried_policy.kind,
            **({"hostEndpoint": tried_policy.host.name, "reply": tried_policy.reply} if tried_policy.host else {}),
            **({"neighborDiscovery": tried_policy.discovery} if tried_policy.discovery else {}),
            "name": tried_policy.name,
            "exists": tried_policy.owner is not None,
            "reached": tried_policy.reached,
            "rules": [
                {**_rule_to_dict(rule), "failed": mismatch and _mismatch_to_dict(mismatch)}
                for rule, mismatch in tried_policy.rules
            ],
        }
        for tried_policy in tried
    ]


def decider_to_dict(decider: Rule | DefaultDecision) -> dict[str, Any]:
    """Return a deciding rule or default for JSON."""
    if isinstance(decider, DefaultDecision):
        return {"default": decider.name}
    return _rule_to_dict(decider)


def _rule_to_dict(rule: Rule) -> dict[str, Any]:
    return {"rule": str(rule), "action": rule.action, "place": rule.location}
