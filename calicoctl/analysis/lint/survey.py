"""What checks look at: a set of policies, who there is, and what is decided; each part is worked out when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from calicoctl.analysis.build import stand_in
from calicoctl.analysis.firstmatch import Hit
from calicoctl.analysis.governing import Governing, Shape
from calicoctl.analysis.lint.cases import Case, Cases, owners
from calicoctl.analysis.lint.fields import asked_by
from calicoctl.analysis.lint.known import Known
from calicoctl.analysis.lint.spare import Spare
from calicoctl.analysis.model import Direction, Endpoint, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.relation import Analysis

_MOST = 20_000
"""So many places may be taken by endpoints that stand in for profiles beside those that there are."""


class Survey:
    """A set of policies, with an endpoint for each profile that none has: nobody knows whether one will come.

    Args:
        policy_set: what is checked.
    """

    def __init__(self, policy_set: PolicySet) -> None:
        self.given = policy_set
        named = {name for endpoint in policy_set.endpoints for name in endpoint.profiles}
        waiting = [profile for name, profile in policy_set.profiles.items() if name not in named]
        self.unused = () if policy_set.stand_ins else tuple(waiting)
        """The profiles that no endpoint has; none when no endpoints are known."""
        more = [stand_in(profile.name, name=f"an endpoint of {profile.identifier}") for profile in waiting]
        self.by_labels = not policy_set.stand_ins and len(more) * _cuts(policy_set) > _MOST
        """Whether those are too many to stand anywhere: then they are known by their labels only."""
        if self.by_labels:
            more = [replace(endpoint, addresses=()) for endpoint in more]
        self.policy_set = replace(policy_set, endpoints=(*policy_set.endpoints, *more))

    @cached_property
    def analysis(self) -> Analysis:
        """Who can talk to whom."""
        return Analysis(self.policy_set)

    @cached_property
    def shapes(self) -> Mapping[Shape, list[Endpoint]]:
        """The endpoints by what they have in common."""
        found: dict[Shape, list[Endpoint]] = {}
        governing: Governing = self.analysis.universe.governing
        for endpoint in self.policy_set.endpoints:
            found.setdefault(governing.shape(endpoint), []).append(endpoint)
        return found

    @cached_property
    def known(self) -> Known:
        """The labels of endpoints."""
        selectors = [policy.selector for policy in self.given.policies]
        selectors += (asked.selector for owner in self.owners for asked in asked_by(owner))
        return Known((shape.labels for shape in self.shapes), selectors)

    @cached_property
    def cases(self) -> Cases:
        """All that is decided."""
        return Cases(self.analysis)

    @cached_property
    def hits(self) -> Mapping[Rule, Mapping[Case, list[Hit]]]:
        """What each rule is the first to match, in which case."""
        return self.cases.hits()

    @cached_property
    def asked(self) -> Mapping[tuple[Policy | Profile, Direction], list[Case]]:
        """The cases in which each policy and profile is asked, by direction."""
        found: dict[tuple[Policy | Profile, Direction], list[Case]] = {}
        for case in self.cases.listed:
            for owner in dict.fromkeys(owners(case)):
                found.setdefault((owner, case.direction), []).append(case)
        return found

    @cached_property
    def spare(self) -> Spare:
        """What could be taken out."""
        return Spare(self.policy_set, self.cases, self.hits, self.asked)

    @property
    def owners(self) -> tuple[Policy | Profile, ...]:
        """All policies and profiles."""
        return (*self.given.policies, *self.given.profiles.values())


def _cuts(policy_set: PolicySet) -> int:
    """How many networks there are that tell addresses apart."""
    owners: tuple[Policy | Profile, ...] = (*policy_set.policies, *policy_set.profiles.values())
    sides = (
        side for owner in owners for rule in (*owner.ingress, *owner.egress) for side in (rule.source, rule.destination)
    )
    return len({net for side in sides for net in (*side.networks, *side.not_networks)})
