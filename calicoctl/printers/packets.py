"""Packets, sets of them, and who decides on them: in words for people, and as JSON has them for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calicoctl.analysis import wording
from calicoctl.analysis.criteria import Packet
from calicoctl.analysis.explain import DirectionTrace
from calicoctl.analysis.model import Rule
from calicoctl.analysis.services import PAIR_PROTOCOLS, PORT_PROTOCOLS
from calicoctl.analysis.stages import DefaultDecision
from calicoctl.analysis.trace import TrafficBlock

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
    services = wording.format_services(block.services)
    return f"{_format_names(block.sources)} -> {_format_names(block.destinations)}: {services}"


def _format_names(names: Sequence[str]) -> str:
    hidden_count = len(names) - _MAX_SHOWN_NAMES
    return ", ".join(names[:_MAX_SHOWN_NAMES]) + (f" and {hidden_count} more" if hidden_count > 0 else "")


def format_packet(packet: Packet, source: str, destination: str) -> str:
    """A packet, with the names of both ends."""
    ends = f"{source} ({packet.source.address}) to {destination} ({packet.destination.address})"
    return f"{wording.format_service(packet.service)} from {ends}"


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
        "services": list(wording.service_texts(block.services)),
    }


def packet_to_dict(packet: Packet, source: str, destination: str) -> dict[str, Any]:
    """A packet, with the names of both ends."""
    service = packet.service
    value: dict[str, Any] = {
        "from": {"name": source, "address": str(packet.source.address)},
        "to": {"name": destination, "address": str(packet.destination.address)},
        "protocol": wording.protocol_name(service.protocol),
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
