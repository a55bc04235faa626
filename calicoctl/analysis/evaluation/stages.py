"""Stages: the order in which the agent tries policies and profiles, and the decision at the end of each.

1. Untracked policies (`doNotTrack`), then `preDNAT` policies: for host endpoints only, without a default.
2. Normal policies in their order. If any of them applies to the direction, undecided traffic is denied.
3. Profiles one by one, also for traffic that a rule of a policy has passed. Undecided traffic is denied.

The policies of each tier are a separate stage; v1 has one tier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


@dataclass(frozen=True, eq=False)
class EffectivePolicies:
    """Policies and profiles of endpoints; one instance for all endpoints with the same ones."""

    policies: tuple[Policy, ...]
    """Policies that select the endpoints, in the order in which the agent tries them."""
    profiles: tuple[str, ...]
    """Names of the profiles in the datastore, in the order in which the agent tries them."""
    host: bool
    """Whether the endpoints are host endpoints."""


@dataclass(frozen=True, eq=False)
class Stage:
    """Policies of one type and tier, or one profile."""

    kind: Literal["untracked", "preDNAT", "policies", "profile"]
    owners: tuple[Policy | Profile, ...]
    direction: Direction
    denies: bool = False
    """Whether undecided traffic is denied at the end of the stage."""
    missing_profile: str = ""
    """Name of the profile if it does not exist: the stage denies all traffic."""

    @property
    def rules(self) -> Iterator[Rule]:
        """Rules in the order in which the agent tries them."""
        for owner in self.owners:
            yield from owner.rules(self.direction)


def resolve_stages(
    effective_policies: EffectivePolicies, profiles: Mapping[str, Profile], direction: Direction
) -> tuple[Stage, ...]:
    """Return the stages of a direction. Undecided traffic is denied after the last one."""
    applicable = [policy for policy in effective_policies.policies if direction in policy.types]
    result: list[Stage] = []
    if effective_policies.host:
        untracked = (policy for policy in applicable if policy.untracked)
        pre_dnat = (policy for policy in applicable if policy.pre_dnat and direction == "ingress")
        result += [Stage("untracked", tuple(own), direction) for _, own in groupby(untracked, _tier_of)]
        result += [Stage("preDNAT", tuple(own), direction) for _, own in groupby(pre_dnat, _tier_of)]
    normal = (policy for policy in applicable if policy.is_normal)
    result += [Stage("policies", tuple(own), direction, denies=tier.denies) for tier, own in groupby(normal, _tier_of)]
    for name in effective_policies.profiles:
        profile = profiles.get(name)
        result.append(
            Stage("profile", (profile,) if profile else (), direction, missing_profile="" if profile else name)
        )
    return tuple(result)


def _tier_of(policy: Policy) -> Tier:
    return policy.tier


def final_default(stages: tuple[Stage, ...]) -> DefaultDecision:
    """Return the default decision after the last stage."""
    return DefaultDecision.PROFILES if any(stage.kind == "profile" for stage in stages) else DefaultDecision.NO_PROFILE
