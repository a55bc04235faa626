"""Policies that deny a message of IPv6 neighbor discovery on an interface of a node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.neighbor_discovery import DeniedDiscovery
from calicoctl.analysis.evaluation.route import Route
from calicoctl.analysis.model.policy_set import PolicySet
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets.services import Service
from calicoctl.analysis.trace.node_walk import NodeWalk
from calicoctl.analysis.trace.packet_match import Packet, PacketEnd, packet_end
from calicoctl.analysis.trace.rule_walk import TriedPolicy
from calicoctl.kinds.values.protocols import ICMPV6


def discovery_policies(denied: DeniedDiscovery, route: Route, policy_set: PolicySet) -> Iterator[TriedPolicy]:
    """Yield the policies that were tried for an example of the message."""
    own, peer = (_end_of(each, policy_set) for each in (denied.own, denied.peer))
    ends = (own, peer) if denied.direction == "egress" else (peer, own)
    walk = NodeWalk(
        Packet(*ends, Service(ICMPV6, denied.type)),
        route._replace(direction=denied.direction, workload=None),
    )
    for each in walk.tried:
        yield replace(each, discovery=f"{denied.direction} of ICMPv6 type {denied.type}")


def _end_of(address_class: AddressClass, policy_set: PolicySet) -> PacketEnd:
    endpoint = address_class.members[0].endpoint if address_class.members else None
    return packet_end(PathEnd(address_class.sample, endpoint), policy_set)
