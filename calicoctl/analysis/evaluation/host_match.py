"""Decisions on nodes with host endpoints: first-match evaluation along the path of packets and replies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass, HostPlace
from calicoctl.analysis.evaluation.host_chains import Chain, InterfaceChains
from calicoctl.analysis.evaluation.interface_alternatives import merge_interfaces
from calicoctl.analysis.evaluation.match_blocks import (
    Match,
    ServiceBlocks,
    collect_matches,
    make_matches,
    merge_blocks,
    run_stage,
    split_blocks,
)
from calicoctl.analysis.evaluation.neighbor_discovery import (
    NEIGHBOR_DISCOVERY,
    DeniedDiscovery,
    DiscoveryMatches,
    NeighborDiscovery,
    has_known_ipv6,
)
from calicoctl.analysis.evaluation.node_chains import NodeChains
from calicoctl.analysis.evaluation.packet_path import ChainResult
from calicoctl.analysis.evaluation.peer_matcher import PeerMatcher
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.evaluation.route import Route, run_path
from calicoctl.analysis.evaluation.rule_criteria import OwnSide, RuleCriteria, match_own_side, rule_criteria
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.host_interface import HostInterface, HostNode
from calicoctl.analysis.model.policy_set import Direction, PolicySet, Rule
from calicoctl.analysis.sets.bitsets import add_bits
from calicoctl.analysis.sets.replies import requests_answered_by
from calicoctl.analysis.sets.services import ALL_SERVICES, ServiceSet


class _Flow(NamedTuple):
    """Packets that have passed the same rules."""

    blocks: ServiceBlocks
    """Services of the requests, with the peers."""
    decided_by: Rule | DefaultDecision = DefaultDecision.NO_HOST_ENDPOINT
    passed_rules: tuple[Rule, ...] = ()
    """Other rules that allowed the request or its reply."""

    @property
    def allowing_rules(self) -> tuple[Rule, ...]:
        """All rules that allowed the request or its reply."""
        return (*self.passed_rules, self.decided_by) if isinstance(self.decided_by, Rule) else self.passed_rules

    def after(self, decided_by: Rule | DefaultDecision, blocks: ServiceBlocks, *, is_decisive: bool) -> _Flow:
        """Return the part of the flow that a rule allows, which decides unless a later one does."""
        if not is_decisive:
            passed = (*self.passed_rules, decided_by) if isinstance(decided_by, Rule) else self.passed_rules
            return _Flow(blocks, self.decided_by, passed)
        return _Flow(blocks, decided_by, self.allowing_rules)


class HostMatcher:
    """Evaluator of the address classes on nodes with host endpoints.

    Args:
        policy_set: the policies, profiles and all endpoints.
        policy_resolver: resolver of the policies of all endpoints.
        classes: all address classes.
        peer_matcher: matcher of the classes.
    """

    def __init__(
        self,
        policy_set: PolicySet,
        policy_resolver: PolicyResolver,
        classes: Sequence[AddressClass],
        peer_matcher: PeerMatcher,
    ) -> None:
        self._policy_set = policy_set
        self._policy_resolver = policy_resolver
        self._peer_matcher = peer_matcher
        self._nodes: dict[HostNode, NodeChains] = {}
        self._workloads: dict[HostNode, int] = {}
        self._hosts: dict[HostNode, int] = {}
        self._discovery = NeighborDiscovery(classes, self._matches_of_discovery, policy_set.interface)
        for address_class in classes:
            if place := address_class.place:
                add_bits(self._hosts if place.is_host else self._workloads, place.node, 1 << address_class.index)

    def matches(self, address_class: AddressClass, place: HostPlace, direction: Direction) -> Iterator[Match]:
        """Yield the matches of an address class on a node.

        Args:
            address_class: the class.
            place: its place.
            direction: ingress to the class, or egress from it.
        """
        node = self.chains_of(place.node)
        peers = self._peer_matcher.classes_of_version[address_class.version]
        hosts, workloads = (sets.get(place.node, 0) & peers for sets in (self._hosts, self._workloads))
        policies = None if place.is_host else address_class.effective_policies
        chains = node.of_workload(policies) if policies else None
        walk = _ClassWalk(address_class, direction, self._peer_matcher)
        loopback = node.of_interface(place.node.loopback)
        yield from walk.matches(hosts, Route(direction, "own node", loopback, chains))
        yield from walk.matches(workloads, Route(direction, "own workload", loopback, chains))
        remote = peers & ~hosts & ~workloads
        needs_discovery = self._needs_discovery(address_class)
        possible = node.possible_interfaces(place, needs_discovery=needs_discovery)
        routes = (Route(direction, "remote", each, chains) for each in possible)
        yield from merge_interfaces(
            [
                (
                    route.interface.interface.name,
                    walk.cut_off(remote, route)
                    if needs_discovery
                    and self._discovery.denied(route.interface, address_class if place.is_host else None)
                    else walk.matches(remote, route),
                )
                for route in routes
            ]
        )

    def _needs_discovery(self, address_class: AddressClass) -> bool:
        """Return whether packets of a class need neighbor discovery: with an IPv6 address that is known."""
        return self._policy_set.neighbor_discovery and has_known_ipv6(address_class)

    def alternative_name(self, address_class: AddressClass, place: HostPlace, interface: HostInterface) -> str:
        """Return the name of an interface of the node of a class in the alternatives of its matches."""
        chains, needs_discovery = self.chains_of(place.node), self._needs_discovery(address_class)
        return chains.alternative_name(place, interface, needs_discovery=needs_discovery)

    def denied_discovery(
        self, interface: HostInterface, own: AddressClass | None = None
    ) -> tuple[DeniedDiscovery, ...]:
        """Return the messages of IPv6 neighbor discovery that an interface denies; see `NeighborDiscovery.denied`."""
        return self._discovery.denied(self._chains_of_interface(interface), own)

    def discovery_matches(self, interface: HostInterface) -> Iterator[DiscoveryMatches]:
        """Yield the decisions on the messages of neighbor discovery; see `NeighborDiscovery.matches`."""
        return self._discovery.matches(self._chains_of_interface(interface))

    def _chains_of_interface(self, interface: HostInterface) -> InterfaceChains | None:
        """Return the chains of an interface; None without a host endpoint."""
        host = interface.effective_endpoint
        return self.chains_of(self._policy_set.host_nodes[host.node]).of_interface(interface) if host else None

    def _matches_of_discovery(
        self, own: AddressClass, direction: Direction, peers: int, interface: InterfaceChains
    ) -> Sequence[Match]:
        walk = _ClassWalk(own, direction, self._peer_matcher)
        return walk.matches(peers, Route(direction, "remote", interface, None), NEIGHBOR_DISCOVERY)

    def chains_of(self, node: HostNode) -> NodeChains:
        """Return the chains of a node."""
        if node not in self._nodes:
            self._nodes[node] = NodeChains(node, self._policy_resolver, self._policy_set)
        return self._nodes[node]


class _ClassWalk:
    """Walker of sets of packets between one address class and its peers; it collects the matches."""

    def __init__(self, address_class: AddressClass, direction: Direction, peer_matcher: PeerMatcher) -> None:
        self._own_bit = address_class.index
        self._version = address_class.version
        self._matcher = peer_matcher
        self.direction: Direction = direction
        self._matches: list[Match] = []

    def matches(self, peers: int, route: Route, services: ServiceSet = ALL_SERVICES) -> list[Match]:
        """Return the matches of packets with some peers."""
        self._matches = []
        if peers:
            run_path(self, _Flow({services: peers}), route)
        return self._matches

    def cut_off(self, peers: int, route: Route) -> list[Match]:
        """Return the matches of all packets with some peers through an interface without neighbor discovery."""
        discovery = self.matches(peers, route, NEIGHBOR_DISCOVERY)
        reason = DefaultDecision.NEIGHBOR_DISCOVERY
        return [*discovery, *make_matches(reason, "deny", {ALL_SERVICES - NEIGHBOR_DISCOVERY: peers} if peers else {})]

    def run_chain(self, flow: _Flow, chain: Chain, *, reply: bool) -> ChainResult[_Flow]:
        """Run a chain; see `Walker`."""
        if not (chain.stages or chain.final):
            return ChainResult([], [flow])
        failsafe, undecided = split_blocks(flow.blocks, -1, self._requests(chain.failsafe, reply))
        allowed: dict[Rule | DefaultDecision, ServiceBlocks] = {}
        if chain.final and failsafe:
            allowed[DefaultDecision.FAILSAFE] = failsafe
        for stage in chain.stages:
            rules = (rule for rule in stage.rules if self._own_side(rule, reply).matches)
            criteria = partial(self._criteria, reply=reply)
            matches, undecided = collect_matches(run_stage(stage, rules, undecided, criteria))
            for match in matches:
                if match.action == "allow":
                    add_bits(allowed.setdefault(match.matched_by, {}), match.services, match.peers)
                else:
                    self._matches.append(match._replace(passed_rules=flow.passed_rules))
        if chain.final:
            self._deny_blocks(flow, chain.final, undecided)
            undecided = {}
        else:
            undecided = merge_blocks(undecided, failsafe)
        is_decisive = not reply and not chain.is_forward
        return ChainResult(
            [flow.after(rule, blocks, is_decisive=is_decisive) for rule, blocks in allowed.items()],
            [flow._replace(blocks=undecided)] if undecided else [],
        )

    def split(self, flow: _Flow, services: ServiceSet) -> tuple[list[_Flow], list[_Flow]]:
        """Split a flow by the services of the requests; see `Walker`."""
        inside, outside = split_blocks(flow.blocks, -1, services)
        parts = ([flow._replace(blocks=blocks)] if blocks else [] for blocks in (inside, outside))
        return next(parts), next(parts)

    def allow(self, flow: _Flow, reason: DefaultDecision | None = None) -> None:
        """Record that a flow is allowed; see `Walker`."""
        matches = make_matches(reason or flow.decided_by, "allow", flow.blocks)
        self._matches += (match._replace(passed_rules=flow.passed_rules) for match in matches)

    def deny(self, flow: _Flow, reason: DefaultDecision) -> None:
        """Record that a flow is denied by default; see `Walker`."""
        self._deny_blocks(flow._replace(passed_rules=flow.allowing_rules), reason, flow.blocks)

    def _deny_blocks(self, flow: _Flow, reason: DefaultDecision, blocks: ServiceBlocks) -> None:
        matches = make_matches(reason, "deny", blocks)
        self._matches += (match._replace(passed_rules=flow.passed_rules) for match in matches)

    def _requests(self, services: ServiceSet, reply: bool) -> ServiceSet:
        return requests_answered_by(services) if reply else services

    def _criteria(self, rule: Rule, *, reply: bool) -> RuleCriteria:
        """Return the peers and the services of the requests that a rule matches in requests or replies."""
        ports, is_source = self._own_side(rule, reply).ports, self._is_source(reply)
        criteria = rule_criteria(self._matcher, rule, self._version, ports, peer_is_source=not is_source)
        return tuple((peers, self._requests(services, reply)) for peers, services in criteria)

    def _own_side(self, rule: Rule, reply: bool) -> OwnSide:
        side = rule.source if self._is_source(reply) else rule.destination
        return match_own_side(self._matcher, side, self._version, self._own_bit)

    def _is_source(self, reply: bool) -> bool:
        """Return whether the packet comes from the own end."""
        return (self.direction == "egress") != reply
