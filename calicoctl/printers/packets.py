"""Packets, sets of them, and who decides on them: in words for people, and as JSON has them for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calicoctl.analysis import wording
from calicoctl.analysis.criteria import Packet
from calicoctl.analysis.explain import Half
from calicoctl.analysis.model import Rule
from calicoctl.analysis.services import PLANES, WITH_PORTS
from calicoctl.analysis.stages import End
from calicoctl.analysis.trace import Part

_SHOWN = 5
"""So many names are shown of a part; JSON has them all."""

_END = {
    End.POLICIES: "default: policies govern it, and none of their rules matches",
    End.PROFILES: "default: no rule of its profiles matches",
    End.NO_PROFILE: "default: no policy governs it, and it has no profile",
    End.MISSING: "the agent, since the profile does not exist",
    End.OUTSIDE: "default: it is no endpoint, so no policy is asked",
}


def part_line(part: Part) -> str:
    """From whom to whom which services."""
    return f"{_listed(part.sources)} -> {_listed(part.destinations)}: {wording.services(part.services)}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def packet_line(packet: Packet, source: str, destination: str) -> str:
    """A packet, with the names of both ends."""
    ends = f"{source} ({packet.source.address}) to {destination} ({packet.destination.address})"
    return f"{wording.service(packet.service)} from {ends}"


def half_line(half: Half) -> str:
    """The verdict of one half, and who decides, with the place of a rule."""
    who = half.endpoint.name if half.endpoint else "outside"
    return f"{half.direction} of {who}: {'allowed' if half.action == 'allow' else 'denied'} by {_by(half.by)}"


def _by(by: Rule | End) -> str:
    return f"{by} ({by.place})" if isinstance(by, Rule) and by.place else str(by) if isinstance(by, Rule) else _END[by]


def part_value(part: Part) -> dict[str, Any]:
    """A part, with all names."""
    return {"from": list(part.sources), "to": list(part.destinations), "services": list(wording.parts(part.services))}


def packet_value(packet: Packet, source: str, destination: str) -> dict[str, Any]:
    """A packet, with the names of both ends."""
    service = packet.service
    value: dict[str, Any] = {
        "from": {"name": source, "address": str(packet.source.address)},
        "to": {"name": destination, "address": str(packet.destination.address)},
        "protocol": wording.protocol_name(service.protocol),
    }
    if service.protocol in WITH_PORTS:
        value |= {"sourcePort": service.first, "destinationPort": service.second}
    elif service.protocol in PLANES:
        value |= {"type": service.first, "code": service.second}
    return value


def half_value(half: Half) -> dict[str, Any]:
    """The verdict of one half, and who decides."""
    return {
        "of": half.endpoint.name if half.endpoint else "outside",
        "verdict": "allowed" if half.action == "allow" else "denied",
        "decidedBy": {"default": half.by.name} if isinstance(half.by, End) else rule_value(half.by),
    }


def rule_value(rule: Rule) -> dict[str, Any]:
    """A rule by its name, with its place."""
    return {"rule": str(rule), "action": rule.action, "place": rule.place}
