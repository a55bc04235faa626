"""Chains of policy that the agent runs for the packets of a node with host endpoints (Felix `rules/endpoints.go`).

Untracked policy runs before connection tracking, `preDNAT` policy before address translation, and normal policy last.
Normal policy with `applyOnForward` also runs for forwarded packets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.evaluation.stages import (
    DefaultDecision,
    EffectivePolicies,
    Stage,
    final_default,
    forward_stages,
    normal_stages,
    pre_dnat_stages,
    untracked_stages,
)
from calicoctl.analysis.model.host_interface import HostInterface
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Endpoint, PolicySet, Profile
from calicoctl.analysis.model.source import opposite_direction
from calicoctl.analysis.sets.replies import requests_answered_by
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet


class Chain(NamedTuple):
    """Stages that run one after another for a packet, and the decision after the last one."""

    stages: tuple[Stage, ...] = ()
    host: Endpoint | None = None
    """Host endpoint whose policy it is; None for the policy of a workload."""
    final: DefaultDecision | None = None
    """Reason for which undecided packets are denied at the end; None if they continue."""
    failsafe: ServiceSet = NO_SERVICES
    """Packets that skip the stages; they are allowed if the chain has a final decision, and continue otherwise."""

    @property
    def is_forward(self) -> bool:
        """Whether it has stages of `applyOnForward` policies."""
        return any(stage.kind == "applyOnForward" for stage in self.stages)


@dataclass(frozen=True, eq=False)
class InterfaceChains:
    """Chains of an interface of a node. Create it with `interface_chains`."""

    interface: HostInterface
    untracked: Mapping[Direction, Chain]
    """Chains before connection tracking. The host endpoint `*` has none."""
    pre_dnat: Chain
    """Ingress chain before address translation: of the host endpoint `*` if the own one has none."""
    forward: Mapping[Direction, Chain]
    """Chains for forwarded packets, without profiles and without failsafe ports."""
    normal: Mapping[Direction, Chain]
    """Chains for packets to the node (ingress) and from it (egress)."""

    @property
    def forward_chains(self) -> tuple[Chain, ...]:
        """Chains that apply to forwarded packets."""
        chains = (*self.untracked.values(), self.pre_dnat, *self.forward.values())
        return tuple(chain for chain in chains if chain.stages)

    @property
    def chains(self) -> tuple[Chain, ...]:
        """All chains with stages."""
        return (*self.forward_chains, *(chain for chain in self.normal.values() if chain.stages))


def interface_chains(interface: HostInterface, resolver: PolicyResolver, policy_set: PolicySet) -> InterfaceChains:
    """Return the chains of an interface.

    Args:
        interface: the interface.
        resolver: resolver of the policies of its host endpoints.
        policy_set: the profiles and the failsafe ports.
    """
    builder = _ChainBuilder(interface, resolver, policy_set)
    return InterfaceChains(
        interface,
        {direction: builder.untracked(direction) for direction in DIRECTIONS},
        builder.pre_dnat(),
        {direction: builder.forward(direction) for direction in DIRECTIONS},
        {direction: builder.normal(direction) for direction in DIRECTIONS},
    )


def workload_chain(policies: EffectivePolicies, profiles: Mapping[str, Profile], direction: Direction) -> Chain:
    """Return the chain of workload endpoints."""
    stages = normal_stages(policies, profiles, direction)
    return Chain(stages, None, final_default(stages))


class _ChainBuilder:
    def __init__(self, interface: HostInterface, resolver: PolicyResolver, policy_set: PolicySet) -> None:
        self._interface = interface
        self._resolver = resolver
        self._profiles = policy_set.profiles
        self._failsafe = policy_set.failsafe_ports

    def _policies(self, host: Endpoint) -> EffectivePolicies:
        return self._resolver.resolve(host).effective_policies

    def untracked(self, direction: Direction) -> Chain:
        host = self._interface.endpoint
        if host is None:
            return Chain()
        replies = requests_answered_by(self._failsafe.allowed(opposite_direction(direction)))
        failsafe = self._failsafe.allowed(direction) | replies
        return Chain(untracked_stages(self._policies(host), direction), host, failsafe=failsafe)

    def pre_dnat(self) -> Chain:
        for host in filter(None, (self._interface.endpoint, self._interface.default)):
            if stages := pre_dnat_stages(self._policies(host), "ingress"):
                return Chain(stages, host, failsafe=self._failsafe.inbound)
        return Chain()

    def forward(self, direction: Direction) -> Chain:
        host = self._interface.effective_endpoint
        return Chain(forward_stages(self._policies(host), direction), host) if host else Chain()

    def normal(self, direction: Direction) -> Chain:
        host = self._interface.effective_endpoint
        if host is None:
            return Chain()
        stages = normal_stages(self._policies(host), self._profiles, direction)
        return Chain(stages, host, final_default(stages), self._failsafe.allowed(direction))
