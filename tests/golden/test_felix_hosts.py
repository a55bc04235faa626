"""Nodes with host endpoints that the real Felix enforced with real packets: the analysis gives the same verdicts.

`felix-hosts` are random v1 resources, `felix-hosts-examples` small cases with their reasons, and
`felix-hosts-interfaces` v3 resources on a node with two interfaces. All have IPv4 and IPv6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from calicoctl.analysis import Reachability
from calicoctl.analysis.model.host_interface import NamedInterface
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.sets.services import Service
from calicoctl.kinds.values.protocols import ICMP, ICMPV6
from tests.golden.probes import PROBES
from tests.support.policies import packet, policy_set_from
from tests.support.recordings import Row, load_rows
from tests.support.reference_evaluator import ReferenceEvaluator

ROWS = load_rows("felix-hosts")
EXAMPLES = load_rows("felix-hosts-examples")
ADDRESSES = {
    "world": ("10.99.0.2", "fd99::2"),
    "host": ("10.99.0.1", "fd99::1"),
    "ep1": ("10.65.0.1", "fd65::1"),
    "ep2": ("10.65.0.2", "fd65::2"),
}
"""IPv4 and IPv6 address of each end of the probes."""
UPLINK = NamedInterface("uplink", tuple(map(parse_address, ADDRESSES["host"])))
"""Interface of the node to the world."""


def test_all_rows_are_there() -> None:
    assert (len(ROWS), sum(len(row["allowed"]) for row in ROWS)) == (189, 17720)
    assert (len(EXAMPLES), sum(len(row["allowed"]) for row in EXAMPLES)) == (8, 1128)


@pytest.mark.parametrize("row", [*ROWS, *EXAMPLES], ids=lambda row: str(row["id"]))
def test_every_probe_gets_the_recorded_verdict(row: Row) -> None:
    reachability = Reachability(replace(policy_set_from(row["resources"]), interface=UPLINK))
    reference = ReferenceEvaluator(row["resources"], UPLINK.name)
    allowed = {tuple(probe) for probe in row["allowed"]}
    for source, destination, version in pairs_of_ends(row):
        ends = [ADDRESSES[end][version == 6] for end in (source, destination)]
        classes = [reachability.address_space.class_of(parse_address(address)) for address in ends]
        assert classes[0]
        assert classes[1]
        services = reachability.allowed(classes[0], classes[1])
        for name, service in PROBES.items():
            probe = (source, destination, name, version)
            sent = Service(ICMPV6, 128) if version == 6 and service.protocol == ICMP else service
            assert (sent in services) == (probe in allowed), probe
            assert reference.allowed(packet(ends[0], ends[1], sent)) == (probe in allowed), probe


def pairs_of_ends(row: Row) -> Iterator[tuple[str, str, int]]:
    """Yield the ends of the probes, and their IP version.

    Without a host endpoint, the address of the node is in no manifest: it is the address of a non-endpoint, and not
    known as that of the node, whose traffic with its own workloads no policy decides.
    """
    has_host = any(resource["kind"] == "hostEndpoint" for resource in row["resources"])
    for source in ADDRESSES:
        for destination in ADDRESSES:
            if source != destination and (has_host or "host" not in {source, destination}):
                yield from ((source, destination, version) for version in (4, 6))
