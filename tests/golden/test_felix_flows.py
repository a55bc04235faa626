"""The recorded probes of the real Felix as flows of a file: each flow gets the recorded verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from calicoctl.analysis import PolicySet, Service
from calicoctl.analysis.flows.evaluation import FlowEvaluation
from calicoctl.kinds.values.protocols import ICMP, ICMPV6, PORT_PROTOCOLS
from calicoctl.operations.flows.run import FlowRun
from tests.golden.probes import PROBES
from tests.golden.test_felix_hosts import ADDRESSES, UPLINK, pairs_of_ends
from tests.golden.test_felix_hosts import ROWS as HOST_ROWS
from tests.golden.test_felix_verdicts import ROWS, addresses
from tests.support.policies import policy_set_from
from tests.support.recordings import Row

Probe = tuple[str, str, str] | tuple[str, str, str, int]


@pytest.mark.parametrize("row", ROWS[::10], ids=lambda row: str(row["id"]))
def test_each_probe_of_workloads(row: Row, tmp_path: Path) -> None:
    """The ends are names, except that of the host outside."""
    places = dict(addresses(row))
    ends = {name: place if name == "world" else name for name, place in places.items()}
    flows: list[tuple[Probe, str]] = [
        ((source, destination, name), csv_line(ends[source], ends[destination], service))
        for source in ends
        for destination in ends
        for name, service in PROBES.items()
        if source != destination
    ]
    check(policy_set_from(row["resources"]), row, flows, tmp_path / "flows.csv")


@pytest.mark.parametrize("row", HOST_ROWS[::10], ids=lambda row: str(row["id"]))
def test_each_probe_of_nodes_with_host_endpoints(row: Row, tmp_path: Path) -> None:
    policy_set = replace(policy_set_from(row["resources"]), interface=UPLINK)
    check(policy_set, row, list(host_flows(row)), tmp_path / "flows.csv")


def host_flows(row: Row) -> Iterator[tuple[Probe, str]]:
    for source, destination, version in pairs_of_ends(row):
        ends = [ADDRESSES[end][version == 6] for end in (source, destination)]
        for name, service in PROBES.items():
            sent = Service(ICMPV6, 128) if version == 6 and service.protocol == ICMP else service
            yield (source, destination, name, version), csv_line(ends[0], ends[1], sent)


def csv_line(source: str, destination: str, service: Service) -> str:
    protocol, first, second = service
    if protocol in PORT_PROTOCOLS:
        return f"{source},{destination},{protocol},{second},{first},,"
    return f"{source},{destination},{protocol},,,{first},{second}"


def check(policy_set: PolicySet, row: Row, flows: list[tuple[Probe, str]], path: Path) -> None:
    lines = ["from,to,protocol,port,source port,icmp type,icmp code", *(line for _, line in flows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    run = FlowRun(str(path), FlowEvaluation(policy_set).decide, lambda decided: decided.decision.verdict)
    verdicts = [decided.decision.verdict for decided in run]
    run.check()

    allowed = {tuple(probe) for probe in row["allowed"]}
    outside = {"no policy applies": True, "allowed": True, "denied": False}
    assert [
        probe for (probe, _), verdict in zip(flows, verdicts, strict=True) if outside[verdict] != (probe in allowed)
    ] == []
