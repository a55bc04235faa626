"""Rows in the making: what is allowed between sets of pieces, for both IP versions together where they agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.addresses import SIZES
from calicoctl.analysis.bitsets import bitset, first, members
from calicoctl.analysis.connectivity.cells import Cut
from calicoctl.analysis.connectivity.pieces import Piece
from calicoctl.analysis.model import Endpoint
from calicoctl.analysis.services import ServiceSet


class Line(NamedTuple):
    """A row in the making, of sets of the numbers of pieces."""

    sources: int
    destinations: int
    services: ServiceSet
    versions: tuple[int, ...]


def by_version(found: Cut, some: Sequence[Piece], examples: Sequence[int]) -> list[Line]:
    """The blocks, each of one IP version, in pieces: of each class of cells one stands for all."""
    having: list[list[int]] = [[] for _ in examples]
    for number, piece in enumerate(some):
        for treated in piece.classes:
            if treated is not None:
                having[treated].append(number)
    pieces_of = {cell: bitset(having[treated]) for treated, cell in enumerate(examples)}
    typical = bitset(examples)
    lines = []
    for block in found.blocks:
        sides = []
        for side in (block.sources, block.destinations):
            bits = 0
            for cell in members(side & typical):
                bits |= pieces_of[cell]
            sides.append(bits)
        version = found.cells[first(block.sources)].group.version
        lines.append(Line(sides[0], sides[1], block.services, (version,)))
    return lines


def joined(lines: Iterable[Line], some: Sequence[Piece]) -> list[Line]:
    """The same with those of both IP versions said once where they agree on all who have both."""
    both = bitset(number for number, piece in enumerate(some) if None not in piece.classes)
    waiting: dict[object, list[Line]] = {}
    found: list[Line] = []
    for line in lines:
        shared = (line.sources & both, line.destinations & both)
        key = (line.services, shared)
        others = [other for other in waiting.get(key, ()) if other.versions != line.versions]
        if any(shared) and others:
            waiting[key].remove(others[0])
            sides = (line.sources | others[0].sources, line.destinations | others[0].destinations)
            found.append(Line(*sides, line.services, tuple(SIZES)))
        else:
            waiting.setdefault(key, []).append(line)
    return [*found, *(line for those in waiting.values() for line in those)]


def _only_one(piece: Piece) -> Endpoint | None:
    """The endpoint, when a piece is but one that somebody has written down."""
    endpoints = {spot.endpoint for spot in piece.spots}
    only = endpoints.pop()
    return None if endpoints or not (only and only.origin) else only


def without_selves(lines: Iterable[Line], some: Sequence[Piece]) -> list[Line]:
    """The same without what is about nothing but what one endpoint sends to itself; equal ends are said once."""
    own: dict[Endpoint, int] = {}
    alone = [_only_one(piece) for piece in some]
    for number, endpoint in enumerate(alone):
        if endpoint:
            own[endpoint] = own.get(endpoint, 0) | 1 << number
    found: dict[object, Line] = {}
    for line in lines:
        sources = line.sources & ~_all_of_one(line.destinations, alone, own)
        destinations = line.destinations & ~_all_of_one(line.sources, alone, own)
        if sources and destinations:
            key = (sources, line.services, line.versions)
            known = found.get(key)
            found[key] = Line(sources, destinations | (known.destinations if known else 0), *line[2:])
    merged: dict[object, Line] = {}
    for line in found.values():
        key = (line.destinations, line.services, line.versions)
        known = merged.get(key)
        merged[key] = line._replace(sources=line.sources | (known.sources if known else 0))
    return list(merged.values())


def _all_of_one(side: int, alone: Sequence[Endpoint | None], own: Mapping[Endpoint, int]) -> int:
    """All pieces of an endpoint that is the only one at a side of a line; none when there are others."""
    endpoint = alone[first(side)]
    whole = own[endpoint] if endpoint else 0
    return 0 if side & ~whole else whole
