"""Routes of packets between a place on a node with host endpoints and its peers, by the location of the peers."""

from __future__ import annotations

from typing import Literal, NamedTuple

from calicoctl.analysis.evaluation.host_chains import InterfaceChains
from calicoctl.analysis.evaluation.packet_path import Flow, PacketPath, Walker, WorkloadChains
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Direction

PeerLocation = Literal["own node", "own workload", "remote"]
"""Location of a peer: the node itself, a workload of the node, or elsewhere."""


class Route(NamedTuple):
    """Route of packets between a place on a node and its peers."""

    direction: Direction
    """Direction of the requests, as seen from the place."""
    location: PeerLocation
    """Location of the peers."""
    interface: InterfaceChains
    """Interface of the node that the packets use, if the peers are not its workloads."""
    workload: WorkloadChains | None
    """Chains of the workload of the place; None if the place is the node itself."""


def run_path(walker: Walker[Flow], flow: Flow, route: Route) -> None:
    """Run packets along a route; the walker runs the chains and records the decisions."""
    path = PacketPath(walker, route.direction, route.interface)
    if route.workload is None:
        _run_path_of_node(walker, path, flow, route)
    elif route.location == "remote":
        path.run_workload_packets(flow, route.workload)
    elif route.location == "own node" and route.direction == "ingress":
        walker.allow(flow, DefaultDecision.NOT_ENFORCED)
    elif route.direction == "ingress":
        for part in path.enter_workload([flow], route.workload):
            walker.allow(part)
    else:
        for part in path.leave_workload([flow], route.workload):
            if route.location == "own node":
                walker.deny(part, DefaultDecision.TO_HOST)
            else:
                walker.allow(part)


def _run_path_of_node(walker: Walker[Flow], path: PacketPath[Flow], flow: Flow, route: Route) -> None:
    """Run the packets of a node itself. No policy applies to its traffic with its workloads, nor within the node."""
    has_policy = route.location == "remote" or route.interface.interface.effective_endpoint is not None
    if route.location == "own workload" or not has_policy:
        walker.allow(flow, DefaultDecision.NOT_ENFORCED)
    else:
        path.run_host_packets(flow)
