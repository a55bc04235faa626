"""Services as text: `tcp 3306`, `udp 53,1000:2000`, `icmp 8/0`, `all`."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.sets import intervals, rectangles
from calicoctl.analysis.sets.intervals import Intervals
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, PAIR_PROTOCOLS, Service, ServiceSet
from calicoctl.kinds.values.protocols import PORT_PROTOCOLS, protocol_name


def format_services(service_set: ServiceSet, only_version: int | None = None) -> str:
    """Return a set as one line, its parts separated by `; `; `none` if it is empty.

    Args:
        service_set: the set.
        only_version: IP version if the set is not that of the other version; None without a difference.
    """
    return ("; ".join(service_texts(service_set)) or "none") + (f" (IPv{only_version} only)" if only_version else "")


def service_texts(service_set: ServiceSet) -> Iterator[str]:
    """Yield the parts of a set, one for each protocol and port range; `all` or `all but ...` if that is shorter."""
    if service_set is ALL_SERVICES:
        yield "all"
        return
    missing = ALL_SERVICES - service_set
    if len(missing.single_protocols) < 2 and 2 * sum(pairs == () for pairs in missing.pair_sets) > len(PAIR_PROTOCOLS):
        yield "all but " + "; ".join(_protocol_texts(missing))
        return
    yield from _protocol_texts(service_set)


def _protocol_texts(service_set: ServiceSet) -> Iterator[str]:
    if service_set is NO_SERVICES:
        return
    for protocol, whole in PAIR_PROTOCOLS.items():
        for (start, end), row in rectangles.iter_rectangles(service_set.pair_set(protocol)):
            firsts: Intervals = (start, end)
            yield _format_pair(
                protocol, "" if firsts == whole else format_ranges(firsts), "" if row == whole else format_ranges(row)
            )
    for low, high in intervals.iter_ranges(service_set.single_protocols):
        yield from map(protocol_name, range(low, high)) if high - low <= 3 else (f"protocols {low}:{high - 1}",)


def _format_pair(protocol: int, firsts: str, seconds: str) -> str:
    name = protocol_name(protocol)
    if protocol in PORT_PROTOCOLS:
        return name + (f" {seconds}" if seconds else "") + (f" from port {firsts}" if firsts else "")
    return name + (f" {firsts or '*'}" if firsts or seconds else "") + (f"/{seconds}" if seconds else "")


def format_ranges(values: Intervals) -> str:
    """Return numbers and ranges as in manifests: `53,1000:2000`."""
    return ",".join(str(low) if high == low + 1 else f"{low}:{high - 1}" for low, high in intervals.iter_ranges(values))


def format_service(packet_service: Service) -> str:
    """Return the service of one packet as text: `tcp 3306 (source port 49152)`, `icmp 8/0`, `47`."""
    name = protocol_name(packet_service.protocol)
    if packet_service.protocol in PORT_PROTOCOLS:
        return f"{name} {packet_service.second} (source port {packet_service.first})"
    return (
        f"{name} {packet_service.first}/{packet_service.second}" if packet_service.protocol in PAIR_PROTOCOLS else name
    )
