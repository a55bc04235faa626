"""Allowed traffic of address classes: egress of the source and ingress of the destination together, as blocks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.first_match import ClassDecision, FirstMatchEvaluator, MatchContext
from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.sets.bitsets import bitset
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.analysis.sets.set_index import containing_sets, union_by_key


class Block(NamedTuple):
    """Allowed traffic: from each source to each destination, exactly these services."""

    sources: int
    """Set of address classes."""
    destinations: int
    """Set of address classes."""
    services: ServiceSet


class AllowedTraffic:
    """Exact allowed traffic between address classes.

    Traffic between non-endpoints is always allowed, and in no block. Traffic of an endpoint to itself does not reach
    the agent; blocks contain it as policy would decide.

    Args:
        match_context: the classes and their policy set.
    """

    def __init__(self, match_context: MatchContext) -> None:
        self._context = match_context
        self._evaluator = FirstMatchEvaluator(match_context)

    @property
    def classes(self) -> Sequence[AddressClass]:
        """Address classes; a set of classes has the bits of their indexes."""
        return self._context.classes

    def decision(self, address_class: AddressClass, direction: Direction) -> ClassDecision:
        """Return the decision on traffic to an address class (ingress) or from it (egress)."""
        return self._evaluator.decide(address_class, direction)

    def decisions(self, direction: Direction) -> dict[ClassDecision, int]:
        """Return the distinct decisions of a direction, each with its set of address classes."""
        return union_by_key(
            (self.decision(address_class, direction), 1 << address_class.index) for address_class in self.classes
        )

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All allowed traffic. Blocks are disjoint, and no two have the same services and sources."""
        egress_blocks = self._egress_blocks()
        destinations_by_key = union_by_key(
            ((services, sources), destinations)
            for (ingress, entries), destinations in self._grouped_destinations(egress_blocks).items()
            for services, sources in _intersect(ingress, [egress_blocks[entry] for entry in entries]).items()
        )
        external = bitset(address_class.index for address_class in self.classes if address_class.is_external)
        return tuple(
            part
            for (services, sources), destinations in destinations_by_key.items()
            for part in _without_external(Block(sources, destinations, services), external)
        )

    def _egress_blocks(self) -> list[Block]:
        """Return the traffic that egress allows; no two blocks have the same destinations and services."""
        sources_by_key = union_by_key(
            (allowed, sources)
            for decision, sources in self.decisions("egress").items()
            for allowed in decision.allowed.items()
        )
        return [Block(sources, destinations, services) for (destinations, services), sources in sources_by_key.items()]

    def _grouped_destinations(self, egress_blocks: Sequence[Block]) -> dict[tuple[ClassDecision, tuple[int, ...]], int]:
        """Return sets of destinations by ingress decision and numbers of the egress blocks that reach them."""
        incoming = containing_sets((block.destinations for block in egress_blocks), len(self.classes))
        return union_by_key(
            ((self.decision(address_class, "ingress"), incoming[address_class.index]), 1 << address_class.index)
            for address_class in self.classes
        )


def _intersect(ingress: ClassDecision, incoming: Sequence[Block]) -> dict[ServiceSet, int]:
    """Return the sources of incoming blocks that ingress allows, by services."""
    return union_by_key(
        (services, sources)
        for peers, accepted in ingress.allowed.items()
        for block in incoming
        if (sources := peers & block.sources) and (services := accepted & block.services)
    )


def _without_external(block: Block, external: int) -> list[Block]:
    """Return a block without the traffic between non-endpoints."""
    parts = []
    if inner := block.sources & ~external:
        parts.append(block._replace(sources=inner))
    if (outer := block.sources & external) and (destinations := block.destinations & ~external):
        parts.append(block._replace(sources=outer, destinations=destinations))
    return parts
