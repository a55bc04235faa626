"""Comparison with another policy set as a baseline: traffic that it allows and that the tested set must allow or deny.

The baseline is evaluated with the endpoints of the tested set and their labels. It may be incomplete: an end to which
it applies neither a policy nor a profile does not restrict the traffic, unless the tested set applies nothing either.
Traffic with two such ends does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.allowed_traffic import Block
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Endpoint, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.model.source import PolicySource
from calicoctl.analysis.semantic_diff.align import AlignedSets
from calicoctl.analysis.semantic_diff.changes import TrafficChange
from calicoctl.analysis.semantic_diff.decision_pair import Transition
from calicoctl.analysis.semantic_diff.describe import ChangeDescriber
from calicoctl.analysis.semantic_diff.difference import DecisionChange, TrafficDifference
from calicoctl.analysis.semantic_diff.refinement import Refinement
from calicoctl.analysis.sets.bitsets import bitset
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.analysis.sets.set_index import union_by_key
from calicoctl.kinds.profile import PROFILE

Requirement = Literal["permits", "forbids"]
"""Whether the tested set must allow or deny all traffic that the baseline allows."""

_UNRESTRICTED: Final = "unrestricted:"
"""Prefix of the names of profiles for endpoints that the baseline does not restrict; no profile name has a colon."""


@dataclass(frozen=True)
class ContainmentResult:
    """Traffic that the baseline allows, compared with the tested set."""

    vacuous: bool
    """Whether the baseline allows no traffic."""
    violations: tuple[TrafficChange, ...]
    """Traffic with another decision than required, by services; `after` is the decision of the tested set."""


def compare_with_baseline(tested: PolicySet, baseline: PolicySet, requirement: Requirement) -> ContainmentResult:
    """Return the traffic allowed by a baseline that the tested set does not allow, or not deny, as required.

    The traffic through each interface of a node with host endpoints must be as required.

    Args:
        tested: the tested policies, profiles and endpoints.
        baseline: policies and profiles; its endpoints are ignored.
        requirement: required decision.
    """
    refinement = Refinement(_align(tested, baseline))
    difference = TrafficDifference(refinement)
    restricted = {
        direction: bitset(
            each.index
            for each in refinement.before.classes
            if _is_restricted(each, direction, refinement.before.policy_resolver)
        )
        for direction in DIRECTIONS
    }
    lost, kept = (
        [
            replace(change, blocks=blocks)
            for change in changes
            if (blocks := tuple(_restricted_part(change, restricted)))
        ]
        for changes in (difference.changes_of_kind("lost"), difference.kept_traffic())
    )
    wrong = _merge_changes(lost if requirement == "permits" else kept)
    return ContainmentResult(
        not (lost or kept), tuple(ChangeDescriber(refinement, difference.decisions).describe_changes(wrong))
    )


def _align(tested: PolicySet, baseline: PolicySet) -> AlignedSets:
    """Return the baseline and the tested set with the endpoints of the tested set."""
    sides = tuple((each, PolicyResolver(each)) for each in (tested, baseline))
    pairs = tuple((_as_in_baseline(endpoint, *sides), endpoint) for endpoint in tested.endpoints)
    names = dict.fromkeys(name for endpoint, _ in pairs for name in endpoint.profiles if name.startswith(_UNRESTRICTED))
    profiles = {
        **{name: replace(profile, labels={}) for name, profile in baseline.profiles.items()},
        **{name: _unrestricted_profile(name) for name in names},
    }
    before = replace(
        baseline,
        profiles=profiles,
        endpoints=tuple(endpoint for endpoint, _ in pairs),
        nodes=tested.nodes,
        neighbor_discovery=tested.neighbor_discovery,
        interface=tested.interface,
        failsafe_ports=tested.failsafe_ports,
    )
    return AlignedSets(before, tested, pairs, ())


_Side = tuple[PolicySet, PolicyResolver]


def _as_in_baseline(endpoint: Endpoint, tested: _Side, baseline: _Side) -> Endpoint:
    """Return an endpoint with its labels in the tested set and with its profiles of the baseline.

    Without any, it has a profile that allows all traffic, if the tested set has one of its profiles, or all traffic of
    the directions that policies of the tested set alone decide on.
    """
    known, own = tested[0].profiles, baseline[0].profiles
    result = replace(
        endpoint,
        labels=tested[0].labels_of(endpoint),
        profiles=tuple(name for name in endpoint.profiles if name in own or name not in known),
    )
    if any(name in own for name in result.profiles):
        return result
    if any(name in known for name in endpoint.profiles):
        decided = [*DIRECTIONS]
    else:
        policies, own_policies = (
            resolver.resolve(each).effective_policies.policies
            for each, (_, resolver) in ((endpoint, tested), (result, baseline))
        )
        decided = [
            direction
            for direction in DIRECTIONS
            if _applies(policies, direction) and not _applies(own_policies, direction)
        ]
    return replace(result, profiles=(_UNRESTRICTED + "+".join(decided),)) if decided else result


def _applies(policies: Iterable[Policy], direction: Direction) -> bool:
    return any(direction in policy.types for policy in policies)


def _unrestricted_profile(name: str) -> Profile:
    resource = PROFILE.resource({"name": name}, {})
    source = PolicySource(resource)
    rules = {
        direction: (Rule(action="allow", owner=resource.identifier, direction=direction, index=0, origin=source),)
        for direction in DIRECTIONS
        if direction in name
    }
    return Profile(resource.identifier, name, source, {}, rules.get("ingress", ()), rules.get("egress", ()))


def _restricted_part(change: DecisionChange, restricted: Mapping[Direction, int]) -> Iterator[Block]:
    """Yield the traffic of a change that the baseline restricts at one end at least."""
    for block in change.blocks:
        if sources := block.sources & restricted["egress"]:
            yield block._replace(sources=sources)
        sources, destinations = block.sources & ~restricted["egress"], block.destinations & restricted["ingress"]
        if sources and destinations:
            yield block._replace(sources=sources, destinations=destinations)


def _is_restricted(address_class: AddressClass, direction: Direction, resolver: PolicyResolver) -> bool:
    """Whether a policy, or a profile of the baseline, applies to a class."""
    effective = address_class.effective_policies
    if effective and any(not name.startswith(_UNRESTRICTED) for name in effective.profiles):
        return True
    if effective and _applies(effective.policies, direction):
        return True
    hosts = address_class.place.node.hosts if address_class.place else ()
    return any(resolver.resolve(host).effective_policies.policies for host in hosts)


def _merge_changes(changes: Iterable[DecisionChange]) -> Iterator[DecisionChange]:
    """Yield the same traffic with one change for equal services and interfaces.

    The names of the deciding rules are not needed: the example has them.
    """
    default = DefaultDecision.POLICIES
    changes_by_interfaces: dict[tuple[Transition, Direction, tuple[str, ...]], list[Block]] = {}
    for change in changes:
        direction: Direction = change.direction if change.interfaces else "egress"
        changes_by_interfaces.setdefault((change.kind, direction, change.interfaces), []).extend(change.blocks)
    for (kind, direction, interfaces), all_blocks in changes_by_interfaces.items():
        blocks_by_services: dict[ServiceSet, list[Block]] = {}
        for block in _merge_blocks(all_blocks):
            blocks_by_services.setdefault(block.services, []).append(block)
        for blocks in blocks_by_services.values():
            yield DecisionChange(kind, direction, default, default, interfaces, tuple(blocks))


def _merge_blocks(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the same traffic in fewer blocks."""
    destinations = union_by_key(((block.sources, block.services), block.destinations) for block in blocks)
    sources = union_by_key(((ends, services), source) for (source, services), ends in destinations.items())
    services = union_by_key(((source, ends), services) for (ends, services), source in sources.items())
    yield from (Block(*ends, each) for ends, each in services.items())
