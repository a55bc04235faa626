"""Exact sets of services: protocol, ports, ICMP type and code, over all that a packet can have.

There is one object for each set, so sets are compared by identity, and what two of them have in common is worked out
once. Protocols with ports are sets of (source port, destination port), ICMP of (type, code), all others one bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import zip_longest
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from calicoctl.analysis import intervals, planes
from calicoctl.analysis.intervals import AND, OR, SUB, Intervals, Truth
from calicoctl.analysis.planes import Plane

TCP: Final = 6
UDP: Final = 17
SCTP: Final = 132
ICMP: Final = 1
ICMPV6: Final = 58

ALL_PORTS: Final[Intervals] = (0, 65536)
ALL_BYTES: Final[Intervals] = (0, 256)
WITH_PORTS: Final = (TCP, UDP, SCTP)
PLANES: Final[Mapping[int, Intervals]] = {
    TCP: ALL_PORTS,
    UDP: ALL_PORTS,
    SCTP: ALL_PORTS,
    ICMP: ALL_BYTES,
    ICMPV6: ALL_BYTES,
}
"""The protocols of which two numbers count, with what each of these can be."""

_SLOTS: Final = tuple(PLANES)
_PLAIN: Final = intervals.union((number, number + 1) for number in range(256) if number not in PLANES)


class Service(NamedTuple):
    """What one packet has: the protocol and, where it has them, source and destination port or ICMP type and code."""

    protocol: int
    first: int = 0
    """The source port, or the type."""
    second: int = 0
    """The destination port, or the code."""


class ServiceSet:
    """An immutable set of services. Make one with the functions below; `&`, `|` and `-` work on it."""

    __slots__ = ("__weakref__", "plain", "planes")

    plain: Intervals
    """The protocols that are one bit each."""
    planes: tuple[Plane, ...]
    """The sets of the protocols of `PLANES`, in their order."""

    def __and__(self, other: ServiceSet) -> ServiceSet:
        if self is other or other is EVERYTHING:
            return self
        return other if self is EVERYTHING else _combined(self, other, AND)

    def __or__(self, other: ServiceSet) -> ServiceSet:
        if self is other or other is NOTHING:
            return self
        return other if self is NOTHING else _combined(self, other, OR)

    def __sub__(self, other: ServiceSet) -> ServiceSet:
        if self is other or other is EVERYTHING:
            return NOTHING
        return self if other is NOTHING else _combined(self, other, SUB)

    def __bool__(self) -> bool:
        return self is not NOTHING

    def __contains__(self, service: Service) -> bool:
        if service.protocol in PLANES:
            return planes.holds(self.plane(service.protocol), service.first, service.second)
        return intervals.holds(self.plain, service.protocol)

    def plane(self, protocol: int) -> Plane:
        """The pairs of a protocol of `PLANES`."""
        return self.planes[_SLOTS.index(protocol)]

    def example(self) -> Service:
        """One service of the set, which must not be empty: of tcp, udp or ICMP if there is one."""
        for protocol, plane in zip(_SLOTS, self.planes, strict=True):
            for (start, end), row in planes.rectangles(plane):
                ephemeral = _EPHEMERAL if protocol in WITH_PORTS and start <= _EPHEMERAL < end else start
                return Service(protocol, ephemeral, row[0] or (1 if protocol in WITH_PORTS and row[1] > 1 else 0))
        return Service(self.plain[0])

    def corners(self) -> Iterator[Service]:
        """The first and the last service of each part that the set is written down in."""
        for protocol, plane in zip(_SLOTS, self.planes, strict=True):
            for (start, end), row in planes.rectangles(plane):
                for low, high in intervals.runs(row):
                    yield from (Service(protocol, one, two) for one in {start, end - 1} for two in {low, high - 1})
        yield from (Service(number) for run in intervals.runs(self.plain) for number in {run[0], run[1] - 1})

    def __repr__(self) -> str:
        from calicoctl.analysis.wording import services

        return f"<ServiceSet {services(self)}>"


_EPHEMERAL: Final = 49152
"""A port that a client would use: the first of those that IANA leaves free."""

_known: WeakValueDictionary[tuple[Intervals, tuple[Plane, ...]], ServiceSet] = WeakValueDictionary()


def _made(plain: Intervals, parts: tuple[Plane, ...]) -> ServiceSet:
    """The one object for a set."""
    known = _known.get((plain, parts))
    if known is None:
        known = ServiceSet()
        known.plain, known.planes = plain, parts
        _known[plain, parts] = known
    return known


@lru_cache(maxsize=1 << 17)
def _combined(one: ServiceSet, other: ServiceSet, keep: Truth) -> ServiceSet:
    parts = (planes.combined(*pair, keep) for pair in zip(one.planes, other.planes, strict=True))
    return _made(intervals.combined(one.plain, other.plain, keep), tuple(parts))


NOTHING: Final = _made(intervals.EMPTY, (planes.EMPTY,) * len(PLANES))
EVERYTHING: Final = _made(_PLAIN, tuple(planes.product(whole, whole) for whole in PLANES.values()))


def united(several: Iterable[ServiceSet]) -> ServiceSet:
    """The services of all of these sets, put together two by two: one after the other a thousand take seconds."""
    left = list(dict.fromkeys(several))
    while len(left) > 1:
        left = [one | other for one, other in zip_longest(left[::2], left[1::2], fillvalue=NOTHING)]
    return left[0] if left else NOTHING


@lru_cache(maxsize=1 << 12)
def of_protocol(protocol: int, firsts: Intervals | None = None, seconds: Intervals | None = None) -> ServiceSet:
    """The services of a protocol with these source and destination ports, or types and codes; None means any."""
    if protocol not in PLANES:
        return _made((protocol, protocol + 1), NOTHING.planes)
    whole = PLANES[protocol]
    plane = planes.product(whole if firsts is None else firsts, whole if seconds is None else seconds)
    return _made(intervals.EMPTY, tuple(plane if number == protocol else planes.EMPTY for number in _SLOTS))
