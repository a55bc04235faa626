"""Services in words: `tcp 3306`, `udp 53,1000:2000`, `icmp 8/0`, `all`; and lists of names that may be long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calicoctl.analysis import intervals, planes
from calicoctl.analysis.intervals import Intervals
from calicoctl.analysis.services import (
    EVERYTHING,
    ICMP,
    ICMPV6,
    NOTHING,
    PLANES,
    SCTP,
    TCP,
    UDP,
    WITH_PORTS,
    Service,
    ServiceSet,
)

_NAMES = {ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMPV6: "icmpv6", SCTP: "sctp", 136: "udplite"}
_NUMBERS = {name: number for number, name in _NAMES.items()}


def protocol_name(number: int) -> str:
    """The name that v1 has for a protocol, or its number."""
    return _NAMES.get(number, str(number))


def protocol_number(protocol: int | str) -> int | None:
    """The number of a protocol that is named or numbered; None when there is no such protocol."""
    if isinstance(protocol, str) and not (protocol.isascii() and protocol.isdigit()):
        return _NUMBERS.get(protocol.lower())
    number = int(protocol)
    return number if 0 <= number <= 255 else None


def services(several: ServiceSet) -> str:
    """A set in one line, its parts separated by `; `; `none` when it is empty."""
    return "; ".join(parts(several)) or "none"


def parts(several: ServiceSet) -> Iterator[str]:
    """The parts of a set: what all protocols have in common first, as `all` or `all but ...`."""
    if several is EVERYTHING:
        yield "all"
        return
    missing = EVERYTHING - several
    if len(missing.plain) < 2 and 2 * sum(plane == () for plane in missing.planes) > len(PLANES):
        yield "all but " + ", ".join(_each(missing))
        return
    yield from _each(several)


def _each(several: ServiceSet) -> Iterator[str]:
    if several is NOTHING:
        return
    for protocol, whole in PLANES.items():
        for (start, end), row in planes.rectangles(several.plane(protocol)):
            firsts: Intervals = (start, end)
            yield _part(protocol, "" if firsts == whole else numbers(firsts), "" if row == whole else numbers(row))
    for low, high in intervals.runs(several.plain):
        yield from map(protocol_name, range(low, high)) if high - low <= 3 else (f"protocols {low}:{high - 1}",)


def _part(protocol: int, firsts: str, seconds: str) -> str:
    name = protocol_name(protocol)
    if protocol in WITH_PORTS:
        return name + (f" {seconds}" if seconds else "") + (f" from port {firsts}" if firsts else "")
    return name + (f" {firsts or '*'}" if firsts or seconds else "") + (f"/{seconds}" if seconds else "")


def numbers(several: Intervals) -> str:
    """Numbers and ranges as manifests write them: `53,1000:2000`."""
    return ",".join(str(low) if high == low + 1 else f"{low}:{high - 1}" for low, high in intervals.runs(several))


def service(one: Service) -> str:
    """The service of one packet: `tcp 3306 (source port 49152)`, `icmp 8/0`, `47`."""
    name = protocol_name(one.protocol)
    if one.protocol in WITH_PORTS:
        return f"{name} {one.second} (source port {one.first})"
    return f"{name} {one.first}/{one.second}" if one.protocol in PLANES else name


def listed(names: Sequence[object], most: int, *, between: str = ", ", last: str = " and ") -> str:
    """The first few of some names, and how many more there are: `a, b and 3 more`."""
    more = len(names) - most
    return between.join(map(str, names[:most])) + (f"{last}{more} more" if more > 0 else "")
