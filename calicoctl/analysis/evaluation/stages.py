"""Stages: the order in which the agent tries policies and profiles, and the decision at the end of each.

1. Untracked policies (`doNotTrack`), then `preDNAT` policies: for host endpoints only, without a default.
2. Normal policies in their order. If any of them applies to the direction, undecided traffic is denied.
3. Profiles one by one, also for traffic that a rule of a policy has passed. Undecided traffic is denied.

The policies of each tier are a separate stage; v1 has one tier. `host_chains` has the stages of forwarded traffic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Literal

from calicoctl.analysis.model.policy_set import Direction, Policy, Profile, Rule
from calicoctl.analysis.model.source import Tier


class DefaultDecision(Enum):
    """Decision on traffic that no rule decides."""

    POLICIES = "no rule of the policies that apply to this direction matches"
    PROFILES = "no rule of a profile matches"
    NO_PROFILE = "no policy applies to this direction, and the endpoint has no profile"
    MISSING = "the profile does not exist"
    OUTSIDE = "not an endpoint: no policy applies"
    FORWARD = "no rule of the applyOnForward policies of the host endpoint matches"
    NO_HOST_ENDPOINT = "the interface of the node has no host endpoint: no policy applies"
    NOT_ENFORCED = "the agent does not apply policy to traffic from a node to its own workloads or to itself"
    TO_HOST = "the agent drops traffic from a workload to its own node (DefaultEndpointToHostAction)"
    FAILSAFE = "failsafe port of the agent"
    NEIGHBOR_DISCOVERY = "IPv6 neighbor discovery is denied: no IPv6 packet passes the interface"
    INVALID_REPLY = "the request is not tracked, and the agent drops the reply, which is invalid without it"
    UNTRACKED_REPLY = "the request is tracked and the reply is not: the connection opens and carries no data"


@dataclass(frozen=True, eq=False)
class EffectivePolicies:
    """Policies and profiles of endpoints; one instance for all endpoints with the same ones."""

    policies: tuple[Policy, ...]
    """Policies that select the endpoints, in the order in which the agent tries them."""
    profiles: tuple[str, ...]
    """Names of the profiles in the datastore, in the order in which the agent tries them."""
    host: bool
    """Whether the endpoints are host endpoints."""


StageKind = Literal["untracked", "preDNAT", "applyOnForward", "policies", "profile"]
"""Kind of the policies of a stage, as Calico calls it; `policies` are normal ones."""


@dataclass(frozen=True, eq=False)
class Stage:
    """Policies of one type and tier, or one profile."""

    kind: StageKind
    owners: tuple[Policy | Profile, ...]
    direction: Direction
    denies: bool = False
    """Whether undecided traffic is denied at the end of the stage."""
    missing_profile: str = ""
    """Name of the profile if it does not exist: the stage denies all traffic."""

    @property
    def default(self) -> DefaultDecision:
        """Decision on undecided traffic, if the stage denies it."""
        return DefaultDecision.FORWARD if self.kind == "applyOnForward" else DefaultDecision.POLICIES

    @property
    def rules(self) -> Iterator[Rule]:
        """Rules in the order in which the agent tries them."""
        for owner in self.owners:
            yield from owner.rules(self.direction)


def resolve_stages(
    effective_policies: EffectivePolicies, profiles: Mapping[str, Profile], direction: Direction
) -> tuple[Stage, ...]:
    """Return the stages of a direction. Undecided traffic is denied after the last one."""
    normal = normal_stages(effective_policies, profiles, direction)
    if not effective_policies.host:
        return normal
    return (*untracked_stages(effective_policies, direction), *pre_dnat_stages(effective_policies, direction), *normal)


def untracked_stages(effective_policies: EffectivePolicies, direction: Direction) -> tuple[Stage, ...]:
    """Return the stages of the `doNotTrack` policies of a host endpoint."""
    policies = (policy for policy in _applicable(effective_policies, direction) if policy.untracked)
    return _tier_stages("untracked", policies, direction)


def pre_dnat_stages(effective_policies: EffectivePolicies, direction: Direction) -> tuple[Stage, ...]:
    """Return the stages of the `preDNAT` policies of a host endpoint; egress has none."""
    if direction == "egress":
        return ()
    policies = (policy for policy in _applicable(effective_policies, direction) if policy.pre_dnat)
    return _tier_stages("preDNAT", policies, direction)


def forward_stages(effective_policies: EffectivePolicies, direction: Direction) -> tuple[Stage, ...]:
    """Return the stages of a host endpoint for forwarded traffic; without any, it is allowed."""
    normal = (policy for policy in _applicable(effective_policies, direction) if policy.is_normal)
    policies = (policy for policy in normal if policy.applies_on_forward)
    return _tier_stages("applyOnForward", policies, direction, denies=True)


def normal_stages(
    effective_policies: EffectivePolicies, profiles: Mapping[str, Profile], direction: Direction
) -> tuple[Stage, ...]:
    """Return the stages of the normal policies and the profiles. Undecided traffic is denied after the last one."""
    policies = (policy for policy in _applicable(effective_policies, direction) if policy.is_normal)
    result = [*_tier_stages("policies", policies, direction, denies=True)]
    for name in effective_policies.profiles:
        profile = profiles.get(name)
        result.append(
            Stage("profile", (profile,) if profile else (), direction, missing_profile="" if profile else name)
        )
    return tuple(result)


def _applicable(effective_policies: EffectivePolicies, direction: Direction) -> list[Policy]:
    return [policy for policy in effective_policies.policies if direction in policy.types]


def _tier_stages(
    kind: StageKind, policies: Iterable[Policy], direction: Direction, *, denies: bool = False
) -> tuple[Stage, ...]:
    """Return a stage for each tier of sorted policies.

    Args:
        kind: kind of the policies.
        policies: the policies of the stages.
        direction: direction of the stages.
        denies: whether the stages deny undecided traffic, if their tiers do.
    """
    return tuple(
        Stage(kind, tuple(own), direction, denies=denies and tier.denies) for tier, own in groupby(policies, _tier_of)
    )


def _tier_of(policy: Policy) -> Tier:
    return policy.tier


def final_default(stages: tuple[Stage, ...]) -> DefaultDecision:
    """Return the default decision after the last stage."""
    return DefaultDecision.PROFILES if any(stage.kind == "profile" for stage in stages) else DefaultDecision.NO_PROFILE
