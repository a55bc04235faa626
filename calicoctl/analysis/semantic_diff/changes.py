"""What a comparison tells: traffic that is gained or lost, with an example packet and its verdict on both sides."""

from __future__ import annotations

from dataclasses import dataclass

from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.semantic_diff.difference import ChangeKind
from calicoctl.analysis.trace.explain import DirectionTrace
from calicoctl.analysis.trace.packet_match import Packet
from calicoctl.analysis.trace.traffic import TrafficBlock


@dataclass(frozen=True)
class PacketDecision:
    """What becomes of a packet on one side."""

    egress: DirectionTrace
    ingress: DirectionTrace

    @property
    def allowed(self) -> bool:
        """Whether it arrives."""
        return self.egress.action == self.ingress.action == "allow"


@dataclass(frozen=True)
class ChangedBlock(TrafficBlock):
    """A part of a change."""

    only_version: int | None
    """The one IP version that it holds for, where there are addresses of both at both ends."""


@dataclass(frozen=True)
class TrafficChange:
    """Packets that are gained, or lost, for the same reason."""

    kind: ChangeKind
    direction: Direction
    """The half in which it differs who decides; where both differ it is the egress."""
    blocks: tuple[ChangedBlock, ...]
    packet: Packet
    """An example, as the first side sees it."""
    source: str
    """Who sends it."""
    destination: str
    before: PacketDecision
    after: PacketDecision
