"""Path of packets and of their replies through the chains of one node with host endpoints.

The order is that of Felix with iptables (`rules/static.go`, `rules/endpoints.go`). `host_match` uses the path for sets
of packets and `trace.explain` for one packet: each has a `Walker`, which runs the chains.

A request is tracked unless an untracked policy allows it, and so is its reply. The reply of a tracked request is
accepted, except by untracked policy, which runs before connection tracking. The reply of an untracked request is a new
packet, and invalid for Linux in a protocol with connections.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from calicoctl.analysis.evaluation.host_chains import Chain, InterfaceChains
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.model.source import opposite_direction
from calicoctl.analysis.sets.replies import INVALID_WITHOUT_REQUEST, WITH_HANDSHAKE, WITHOUT_REPLY
from calicoctl.analysis.sets.services import ServiceSet

Flow = TypeVar("Flow")
"""Packets on the path, with their requests' services and peers."""


@dataclass(frozen=True)
class ChainResult(Generic[Flow]):
    """Result of a chain. Denied flows are recorded by the walker."""

    allowed: list[Flow]
    undecided: list[Flow]

    def __iter__(self) -> Iterator[list[Flow]]:
        """Yield both, to be unpacked."""
        yield self.allowed
        yield self.undecided

    @property
    def passed(self) -> list[Flow]:
        """Flows that are not denied."""
        return [*self.allowed, *self.undecided]


class Walker(Protocol[Flow]):
    """Runs chains for flows, and records the final decisions."""

    def run_chain(self, flow: Flow, chain: Chain, *, reply: bool) -> ChainResult[Flow]:
        """Run a chain for the requests or the replies of a flow; denied packets are recorded."""

    def split(self, flow: Flow, services: ServiceSet) -> tuple[list[Flow], list[Flow]]:
        """Return the part of a flow whose requests have these services, and the rest."""

    def allow(self, flow: Flow, reason: DefaultDecision | None = None) -> None:
        """Record that a flow is allowed: by its last rule, or by default."""

    def deny(self, flow: Flow, reason: DefaultDecision) -> None:
        """Record that a flow is denied by default."""


class WorkloadChains(NamedTuple):
    """Chains of a workload, and of its interface on the node: the latter are those of the host endpoint `*`."""

    own: Mapping[Direction, Chain]
    interface: InterfaceChains


class PacketPath(Generic[Flow]):
    """Paths of the packets that a node sends (egress) or receives (ingress), for itself or for its workloads.

    Args:
        walker: runs the chains.
        direction: direction of the requests, as seen from the node.
        interface: interface through which the packets leave or reach the node.
    """

    def __init__(self, walker: Walker[Flow], direction: Direction, interface: InterfaceChains) -> None:
        self._walker = walker
        self._direction = direction
        self._opposite = opposite_direction(direction)
        self._interface = interface

    def run_host_packets(self, flow: Flow) -> None:
        """Run the packets between the node itself and others."""
        untracked, tracked = self._run([flow], self._interface.untracked[self._direction])
        accepted: list[Flow] = []
        if self._direction == "ingress":
            accepted, tracked = self._run(tracked, self._interface.pre_dnat)
        accepted += self._run(tracked, self._interface.normal[self._direction]).passed
        self._allow(self._with_tracked_reply(accepted))
        replied, rest = self._run(self._allow_one_way(untracked), self._interface.untracked[self._opposite], reply=True)
        rest = self._deny(rest, INVALID_WITHOUT_REQUEST, DefaultDecision.INVALID_REPLY)
        if self._opposite == "ingress":
            before_dnat, rest = self._run(rest, self._interface.pre_dnat, reply=True)
            replied += before_dnat
        self._allow([*replied, *self._run(rest, self._interface.normal[self._opposite], reply=True).passed])

    def run_workload_packets(self, flow: Flow, workload: WorkloadChains) -> None:
        """Run the packets between a workload of the node and others outside of the node."""
        if self._direction == "egress":
            tracked = self._run(self.leave_workload([flow], workload), self._interface.forward["egress"])
            replies = self._with_tracked_reply(tracked.passed)
            self._allow(self.enter_workload(replies, workload, reply=True))
            return
        untracked, rest = self._run([flow], self._interface.untracked["ingress"])
        accepted, rest = self._run(rest, self._interface.pre_dnat)
        accepted += self._run(rest, self._interface.forward["ingress"]).passed
        self._allow(self.enter_workload(accepted, workload))
        untracked = self._allow_one_way(self.enter_workload(untracked, workload))
        # The reply comes from the interface of the workload, where no untracked policy runs.
        untracked = self._deny(untracked, INVALID_WITHOUT_REQUEST, DefaultDecision.INVALID_REPLY)
        replies = self.leave_workload(untracked, workload, reply=True)
        self._allow(self._run(replies, self._interface.forward["egress"], reply=True).passed)

    def leave_workload(self, flows: Iterable[Flow], workload: WorkloadChains, *, reply: bool = False) -> list[Flow]:
        """Return the flows that pass from the interface of a workload through its egress policy."""
        accepted, rest = self._run(flows, workload.interface.pre_dnat, reply=reply)
        accepted += self._run(rest, workload.interface.forward["ingress"], reply=reply).passed
        return self._run(accepted, workload.own["egress"], reply=reply).passed

    def enter_workload(self, flows: Iterable[Flow], workload: WorkloadChains, *, reply: bool = False) -> list[Flow]:
        """Return the flows that pass through the ingress policy of a workload to its interface."""
        accepted = self._run(flows, workload.own["ingress"], reply=reply).passed
        return self._run(accepted, workload.interface.forward["egress"], reply=reply).passed

    def _with_tracked_reply(self, flows: Iterable[Flow]) -> list[Flow]:
        """Decide on the replies of tracked requests; return the flows with an untracked reply, which is accepted."""
        untracked, tracked = self._run(
            self._allow_one_way(flows), self._interface.untracked[self._opposite], reply=True
        )
        self._allow(tracked)
        return self._deny(untracked, WITH_HANDSHAKE, DefaultDecision.UNTRACKED_REPLY)

    def _run(self, flows: Iterable[Flow], chain: Chain, *, reply: bool = False) -> ChainResult[Flow]:
        result: ChainResult[Flow] = ChainResult([], [])
        for flow in flows:
            outcome = self._walker.run_chain(flow, chain, reply=reply)
            result.allowed.extend(outcome.allowed)
            result.undecided.extend(outcome.undecided)
        return result

    def _allow(self, flows: Iterable[Flow]) -> None:
        for flow in flows:
            self._walker.allow(flow)

    def _allow_one_way(self, flows: Iterable[Flow]) -> list[Flow]:
        """Allow packets that have no reply; return the others."""
        remaining: list[Flow] = []
        for flow in flows:
            one_way, others = self._walker.split(flow, WITHOUT_REPLY)
            self._allow(one_way)
            remaining += others
        return remaining

    def _deny(self, flows: Iterable[Flow], services: ServiceSet, reason: DefaultDecision) -> list[Flow]:
        """Deny the part of flows with these services; return the others."""
        remaining: list[Flow] = []
        for flow in flows:
            denied, others = self._walker.split(flow, services)
            for part in denied:
                self._walker.deny(part, reason)
            remaining += others
        return remaining
