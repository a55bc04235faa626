"""Exact sets of services. A service is a protocol with source and destination port, or with ICMP type and code.

Each set has one instance: sets are compared by identity, and operations on them are cached. A set has pairs (source
port, destination port) for each protocol with ports and (type, code) for ICMP; other protocols are in it or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import zip_longest
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from calicoctl.analysis.sets import intervals, rectangles
from calicoctl.analysis.sets.intervals import AND, OR, SUB, Intervals, TruthTable
from calicoctl.analysis.sets.rectangles import PairSet
from calicoctl.kinds.values.protocols import ICMP_BY_VERSION, PORT_PROTOCOLS

ALL_PORTS: Final[Intervals] = (0, 65536)
ALL_BYTES: Final[Intervals] = (0, 256)
EXAMPLE_CLIENT_PORT: Final = 49152
"""Source port of example packets: the first dynamic port (IANA)."""

PAIR_PROTOCOLS: Final[Mapping[int, Intervals]] = {
    **dict.fromkeys(PORT_PROTOCOLS, ALL_PORTS),
    **dict.fromkeys(ICMP_BY_VERSION.values(), ALL_BYTES),
}
"""Protocols with ports or with type and code, and the possible values of these."""

_PAIR_PROTOCOL_ORDER: Final = tuple(PAIR_PROTOCOLS)
_SINGLE_PROTOCOLS: Final = intervals.union(
    (number, number + 1) for number in range(256) if number not in PAIR_PROTOCOLS
)


class Service(NamedTuple):
    """Service of one packet."""

    protocol: int
    first: int = 0
    """Source port or ICMP type; 0 for other protocols."""
    second: int = 0
    """Destination port or ICMP code; 0 for other protocols."""


class ServiceSet:
    """Immutable set of services with `&`, `|`, `-` and `in`. Create it with the functions of this module."""

    __slots__ = ("__weakref__", "pair_sets", "single_protocols")

    single_protocols: Intervals
    """Protocols without pairs."""
    pair_sets: tuple[PairSet, ...]
    """Pairs of each protocol of `PAIR_PROTOCOLS`, in that order."""

    def __and__(self, other: ServiceSet) -> ServiceSet:
        if self is other or other is ALL_SERVICES:
            return self
        return other if self is ALL_SERVICES else _combine(self, other, AND)

    def __or__(self, other: ServiceSet) -> ServiceSet:
        if self is other or other is NO_SERVICES:
            return self
        return other if self is NO_SERVICES else _combine(self, other, OR)

    def __sub__(self, other: ServiceSet) -> ServiceSet:
        if self is other or other is ALL_SERVICES:
            return NO_SERVICES
        return self if other is NO_SERVICES else _combine(self, other, SUB)

    def __bool__(self) -> bool:
        return self is not NO_SERVICES

    def __contains__(self, service: Service) -> bool:
        if service.protocol in PAIR_PROTOCOLS:
            return rectangles.contains(self.pair_set(service.protocol), service.first, service.second)
        return intervals.contains(self.single_protocols, service.protocol)

    def pair_set(self, protocol: int) -> PairSet:
        """Return the pairs of a protocol of `PAIR_PROTOCOLS`."""
        return self.pair_sets[_PAIR_PROTOCOL_ORDER.index(protocol)]

    @property
    def without_pairs(self) -> ServiceSet:
        """Services of the protocols without pairs."""
        return _intern(self.single_protocols, NO_SERVICES.pair_sets)

    def example(self) -> Service:
        """Return one service of a non-empty set; protocols with ports are preferred, then ICMP."""
        for protocol, pairs in zip(_PAIR_PROTOCOL_ORDER, self.pair_sets, strict=True):
            for (start, end), row in rectangles.iter_rectangles(pairs):
                if protocol not in PORT_PROTOCOLS:
                    return Service(protocol, start, row[0])
                source = EXAMPLE_CLIENT_PORT if start <= EXAMPLE_CLIENT_PORT < end else start
                return Service(protocol, source, row[0] or int(row[1] > 1))
        return Service(self.single_protocols[0])

    def corners(self) -> Iterator[Service]:
        """Yield the services at the bounds of each protocol, port range and ICMP range of the set."""
        for protocol, pairs in zip(_PAIR_PROTOCOL_ORDER, self.pair_sets, strict=True):
            for (start, end), row in rectangles.iter_rectangles(pairs):
                for low, high in intervals.iter_ranges(row):
                    yield from (Service(protocol, one, two) for one in {start, end - 1} for two in {low, high - 1})
        yield from (
            Service(number) for run in intervals.iter_ranges(self.single_protocols) for number in {run[0], run[1] - 1}
        )

    def __repr__(self) -> str:
        return f"<ServiceSet {self.single_protocols} {self.pair_sets}>"


_interned: WeakValueDictionary[tuple[Intervals, tuple[PairSet, ...]], ServiceSet] = WeakValueDictionary()


def _intern(single_protocols: Intervals, pair_sets: tuple[PairSet, ...]) -> ServiceSet:
    """Return the only instance of a set."""
    service_set = _interned.get((single_protocols, pair_sets))
    if service_set is None:
        service_set = ServiceSet()
        service_set.single_protocols, service_set.pair_sets = single_protocols, pair_sets
        _interned[single_protocols, pair_sets] = service_set
    return service_set


@lru_cache(maxsize=1 << 17)
def _combine(left: ServiceSet, right: ServiceSet, keep: TruthTable) -> ServiceSet:
    pair_sets = (rectangles.combine(*pair, keep) for pair in zip(left.pair_sets, right.pair_sets, strict=True))
    return _intern(intervals.combine(left.single_protocols, right.single_protocols, keep), tuple(pair_sets))


NO_SERVICES: Final = _intern(intervals.EMPTY, (rectangles.EMPTY,) * len(PAIR_PROTOCOLS))
ALL_SERVICES: Final = _intern(
    _SINGLE_PROTOCOLS, tuple(rectangles.cartesian_product(whole, whole) for whole in PAIR_PROTOCOLS.values())
)


def union_all(service_sets: Iterable[ServiceSet]) -> ServiceSet:
    """Return the union of some sets. It unites in pairs: a thousand unions one by one take seconds."""
    remaining = list(dict.fromkeys(service_sets))
    while len(remaining) > 1:
        remaining = [one | other for one, other in zip_longest(remaining[::2], remaining[1::2], fillvalue=NO_SERVICES)]
    return remaining[0] if remaining else NO_SERVICES


@lru_cache(maxsize=1 << 12)
def services_of_protocol(
    protocol: int, firsts: Intervals | None = None, seconds: Intervals | None = None
) -> ServiceSet:
    """Return the services of a protocol.

    Args:
        protocol: IANA protocol number.
        firsts: source ports or ICMP types; None means any. Ignored for protocols without either.
        seconds: destination ports or ICMP codes; None means any.
    """
    if protocol not in PAIR_PROTOCOLS:
        return _intern((protocol, protocol + 1), NO_SERVICES.pair_sets)
    whole = PAIR_PROTOCOLS[protocol]
    pair_set = rectangles.cartesian_product(whole if firsts is None else firsts, whole if seconds is None else seconds)
    return services_of_pairs(protocol, pair_set)


def services_of_pairs(protocol: int, pair_set: PairSet) -> ServiceSet:
    """Return the services of a protocol of `PAIR_PROTOCOLS` with these pairs."""
    pair_sets = (pair_set if number == protocol else rectangles.EMPTY for number in _PAIR_PROTOCOL_ORDER)
    return _intern(intervals.EMPTY, tuple(pair_sets))
