"""The order in which the agent tries rules: stages of policies and profiles, and what decides at their end.

For a host endpoint first the policies with doNotTrack, then those with preDNAT; neither stage denies what it leaves
undecided. Then the policies in their order: what they leave undecided is denied, if any of them governs the
direction. Then, and for what a rule passed on, profile after profile; what they all leave undecided is denied.
Policies of each tier are a stage of their own; v1 has one tier.
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
    """What decides where no rule does."""

    POLICIES = "no rule of the policies that govern this direction matches"
    PROFILES = "no rule of a profile matches"
    NO_PROFILE = "no policy governs this direction, and there is no profile"
    MISSING = "the profile does not exist"
    OUTSIDE = "is no endpoint: nothing is asked"


@dataclass(frozen=True, eq=False)
class EffectivePolicies:
    """What decides for endpoints: there is one object for all that are governed alike, host or workload."""

    policies: tuple[Policy, ...]
    """Those that select it, in the order in which they are tried."""
    profiles: tuple[str, ...]
    """The names of its profiles, in the order in which they are tried."""
    host: bool


@dataclass(frozen=True, eq=False)
class Stage:
    """Policies that are tried one after the other, or one profile."""

    kind: Literal["untracked", "preDNAT", "policies", "profile"]
    owners: tuple[Policy | Profile, ...]
    direction: Direction
    denies: bool = False
    """Whether what it leaves undecided is denied."""
    missing_profile: str = ""
    """The name of the profile, when it does not exist: then everything is denied."""

    @property
    def rules(self) -> Iterator[Rule]:
        """All rules, in the order in which they are tried."""
        for owner in self.owners:
            yield from owner.rules(self.direction)


def resolve_stages(
    effective_policies: EffectivePolicies, profiles: Mapping[str, Profile], direction: Direction
) -> tuple[Stage, ...]:
    """The stages that decide on a direction; what is undecided behind the last one is denied."""
    applicable = [policy for policy in effective_policies.policies if direction in policy.types]
    result: list[Stage] = []
    if effective_policies.host:
        untracked = (policy for policy in applicable if policy.untracked)
        pre_dnat = (policy for policy in applicable if policy.pre_dnat and direction == "ingress")
        result += [Stage("untracked", tuple(own), direction) for _, own in groupby(untracked, _tier_of)]
        result += [Stage("preDNAT", tuple(own), direction) for _, own in groupby(pre_dnat, _tier_of)]
    normal = (policy for policy in applicable if not (policy.untracked or policy.pre_dnat))
    result += [Stage("policies", tuple(own), direction, denies=tier.denies) for tier, own in groupby(normal, _tier_of)]
    for name in effective_policies.profiles:
        profile = profiles.get(name)
        result.append(
            Stage("profile", (profile,) if profile else (), direction, missing_profile="" if profile else name)
        )
    return tuple(result)


def _tier_of(policy: Policy) -> Tier:
    return policy.tier


def final_default(tried_stages: tuple[Stage, ...]) -> DefaultDecision:
    """What denies behind the last stage."""
    return (
        DefaultDecision.PROFILES
        if any(stage.kind == "profile" for stage in tried_stages)
        else DefaultDecision.NO_PROFILE
    )
