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

from calicoctl.analysis.model import Direction, Policy, Profile, Rule
from calicoctl.analysis.origin import Tier


class End(Enum):
    """What decides where no rule does."""

    POLICIES = "no rule of the policies that govern this direction matches"
    PROFILES = "no rule of a profile matches"
    NO_PROFILE = "no policy governs this direction, and there is no profile"
    MISSING = "the profile does not exist"
    OUTSIDE = "is no endpoint: nothing is asked"


@dataclass(frozen=True, eq=False)
class Governance:
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
    missing: str = ""
    """The name of the profile, when it does not exist: then everything is denied."""

    @property
    def rules(self) -> Iterator[Rule]:
        """All rules, in the order in which they are tried."""
        for owner in self.owners:
            yield from owner.rules(self.direction)


def stages(governance: Governance, profiles: Mapping[str, Profile], direction: Direction) -> tuple[Stage, ...]:
    """The stages that decide on a direction; what is undecided behind the last one is denied."""
    governing = [policy for policy in governance.policies if direction in policy.types]
    found: list[Stage] = []
    if governance.host:
        untracked = (policy for policy in governing if policy.untracked)
        before = (policy for policy in governing if policy.pre_dnat and direction == "ingress")
        found += [Stage("untracked", tuple(own), direction) for _, own in groupby(untracked, _tier)]
        found += [Stage("preDNAT", tuple(own), direction) for _, own in groupby(before, _tier)]
    plain = (policy for policy in governing if not (policy.untracked or policy.pre_dnat))
    found += [Stage("policies", tuple(own), direction, denies=tier.denies) for tier, own in groupby(plain, _tier)]
    for name in governance.profiles:
        profile = profiles.get(name)
        found.append(Stage("profile", (profile,) if profile else (), direction, missing="" if profile else name))
    return tuple(found)


def _tier(policy: Policy) -> Tier:
    return policy.tier


def last_end(found: tuple[Stage, ...]) -> End:
    """What denies behind the last stage."""
    return End.PROFILES if any(stage.kind == "profile" for stage in found) else End.NO_PROFILE
