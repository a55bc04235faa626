"""Node with two interfaces, each with a host outside, and two workloads: the places of recorded probes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from calicoctl.analysis import PolicySet
from calicoctl.analysis.model.cluster import ClusterNode
from calicoctl.analysis.model.host_interface import NamedInterface
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.sets.services import Service
from calicoctl.kinds.values.protocols import ICMP, ICMPV6, TCP, UDP

ADDRESSES = {
    "world": ("10.99.0.2", "fd99::2"),
    "world2": ("10.98.0.2", "fd98::2"),
    "host": ("10.99.0.1", "fd99::1"),
    "host2": ("10.98.0.1", "fd98::1"),
    "ep1": ("10.65.0.1", "fd65::1"),
    "ep2": ("10.65.0.2", "fd65::2"),
}
"""IPv4 and IPv6 address of each end; `host` and `host2` are addresses of the node."""
INTERFACES = {
    outside: NamedInterface(name, *(tuple(map(parse_address, ADDRESSES[end])) for end in (own, outside)))
    for outside, name, own in (("world", "uplink", "host"), ("world2", "uplink2", "host2"))
}
"""Interface of the node to each of the hosts outside."""
PROBES = {
    **{f"tcp/{port}": Service(TCP, 40000, port) for port in (22, 80)},
    **{f"udp/{port}": Service(UDP, 40000, port) for port in (53, 80)},
    "icmp": Service(ICMP, 8),
}


def sent_service(service: Service, version: int) -> Service:
    """Return the service of a probe in an IP version."""
    return Service(ICMPV6, 128) if version == 6 and service.protocol == ICMP else service


def with_addresses(policy_set: PolicySet) -> PolicySet:
    """Return a policy set with the addresses of the node, as a node resource has them."""
    addresses = [parse_address(text) for name in ("host", "host2") for text in ADDRESSES[name]]
    origin = policy_set.endpoints[0].origin
    assert origin
    return replace(policy_set, nodes=(ClusterNode(origin, "host1", {str(each): each for each in addresses}),))


def pairs_of_ends(outside: str, *, has_host: bool) -> Iterator[tuple[str, str, int]]:
    """Yield the ends of the probes through the interface to one host outside, or within the node.

    Without a host endpoint on the node (`has_host`), its addresses are not known as those of the node.
    """
    names = [name for name in ADDRESSES if name not in {"world", "world2"} - {outside}]
    if not has_host:
        names = [name for name in names if not name.startswith("host")]
    for source in names:
        for destination in names:
            if source not in {destination, "host2"} and {source, destination} != {"host", "host2"}:
                yield from ((source, destination, version) for version in (4, 6))
