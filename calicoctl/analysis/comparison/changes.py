"""What a comparison tells: traffic that is gained or lost, with an example packet and its verdict on both sides."""

from __future__ import annotations

from dataclasses import dataclass

from calicoctl.analysis.comparison.difference import Sort
from calicoctl.analysis.criteria import Packet
from calicoctl.analysis.explain import Half
from calicoctl.analysis.model import Direction
from calicoctl.analysis.trace import Part


@dataclass(frozen=True)
class Verdict:
    """What becomes of a packet on one side."""

    egress: Half
    ingress: Half

    @property
    def allowed(self) -> bool:
        """Whether it arrives."""
        return self.egress.action == self.ingress.action == "allow"


@dataclass(frozen=True)
class Share(Part):
    """A part of a change."""

    only: int | None
    """The one IP version that it holds for, where there are addresses of both at both ends."""


@dataclass(frozen=True)
class Change:
    """Packets that are gained, or lost, for the same reason."""

    sort: Sort
    direction: Direction
    """The half in which it differs who decides; where both differ it is the egress."""
    parts: tuple[Share, ...]
    packet: Packet
    """An example, as the first side sees it."""
    source: str
    """Who sends it."""
    destination: str
    before: Verdict
    after: Verdict
