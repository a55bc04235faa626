"""Result of a semantic diff: gained and lost traffic, with an example packet and its decisions on both sides."""

from __future__ import annotations

from dataclasses import dataclass

from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.semantic_diff.decision_pair import Transition
from calicoctl.analysis.trace.explain import DirectionTrace
from calicoctl.analysis.trace.packet_match import Packet
from calicoctl.analysis.trace.traffic import TrafficBlock


@dataclass(frozen=True)
class PacketDecision:
    """Decision on a packet on one side."""

    egress: DirectionTrace
    ingress: DirectionTrace

    @property
    def allowed(self) -> bool:
        """Whether both directions allow the packet."""
        return self.egress.action == self.ingress.action == "allow"


@dataclass(frozen=True)
class TrafficChange:
    """Gained or lost traffic, or traffic that both sides allow, with the same deciding rules."""

    kind: Transition
    direction: Direction
    """Direction whose decision differs; egress if both differ."""
    interfaces: tuple[str, ...]
    """Interfaces of the node at this end through which the traffic changes; empty if it changes through all."""
    blocks: tuple[TrafficBlock, ...]
    packet: Packet
    """Example packet, with the endpoints of the side before."""
    source: str
    """Name of the sender of the example packet."""
    destination: str
    """Name of the receiver of the example packet."""
    before: PacketDecision
    after: PacketDecision
