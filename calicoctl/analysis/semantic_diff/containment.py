"""Comparison with another policy set as a baseline: traffic that it allows and that the tested set must allow or deny.

The baseline is evaluated with the endpoints of the tested set and their labels. It may be incomplete: an end to which
it applies neither a policy nor a profile does not restrict the traffic, unless the tested set applies nothing either.
Traffic with two such ends does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.allowed_traffic import AllowedTraffic, Block
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Endpoint, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.model.source import PolicySource
from calicoctl.analysis.semantic_diff.align import AlignedSets
from calicoctl.analysis.semantic_diff.changes import TrafficChange
from calicoctl.analysis.semantic_diff.describe import ChangeDescriber
from calicoctl.analysis.semantic_diff.difference import DecisionChange
from calicoctl.analysis.semantic_diff.refinement import PartitionSide, Refinement
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

    Traffic that only some interfaces of a node allow counts as allowed.

    Args:
        tested: the tested policies, profiles and endpoints.
        baseline: policies and profiles; its endpoints are ignored.
        requirement: required decision.
    """
    aligned = _align(tested, baseline)
    refinement = Refinement(aligned)
    required = list(_restricted_blocks(refinement.before))
    allowed = AllowedTraffic(refinement.after).blocks
    wrong = _without(required, allowed) if requirement == "permits" else _common(required, allowed)
    blocks_by_services: dict[ServiceSet, list[Block]] = {}
    for block in _merge(wrong):
        blocks_by_services.setdefault(block.services, []).append(block)
    default = DefaultDecision.POLICIES  # names of the deciding rules are not needed: the example has them
    changes = (
        DecisionChange("lost", "egress", default, default, tuple(blocks)) for blocks in blocks_by_services.values()
    )
    return ContainmentResult(not required, tuple(ChangeDescriber(refinement).describe_changes(changes)))


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
        baseline, profiles=profiles, endpoints=tuple(endpoint for endpoint, _ in pairs), nodes=tested.nodes
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


def _restricted_blocks(side: PartitionSide) -> Iterator[Block]:
    """Yield the allowed traffic of a side that it restricts at one end at least."""
    senders, receivers = (
        bitset(each.index for each in side.classes if _is_restricted(each, direction, side.policy_resolver))
        for direction in ("egress", "ingress")
    )
    for block in AllowedTraffic(side).blocks:
        if sources := block.sources & senders:
            yield block._replace(sources=sources)
        sources, destinations = block.sources & ~senders, block.destinations & receivers
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


def _without(blocks: Iterable[Block], removed: Sequence[Block]) -> Iterator[Block]:
    """Yield traffic that is in none of the removed blocks."""
    for block in blocks:
        remaining = [block]
        for other in removed:
            remaining = [part for each in remaining for part in _subtract(each, other)]
            if not remaining:
                break
        yield from remaining


def _subtract(block: Block, removed: Block) -> Iterator[Block]:
    sources, destinations = block.sources & removed.sources, block.destinations & removed.destinations
    if not (sources and destinations and block.services & removed.services):
        yield block
        return
    if other_sources := block.sources & ~sources:
        yield block._replace(sources=other_sources)
    if other_destinations := block.destinations & ~destinations:
        yield Block(sources, other_destinations, block.services)
    if services := block.services - removed.services:
        yield Block(sources, destinations, services)


def _common(blocks: Iterable[Block], others: Sequence[Block]) -> Iterator[Block]:
    """Yield traffic that is in both sets of blocks."""
    for block in blocks:
        for other in others:
            sources, destinations = block.sources & other.sources, block.destinations & other.destinations
            if sources and destinations and (services := block.services & other.services):
                yield Block(sources, destinations, services)


def _merge(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the same traffic in fewer blocks."""
    destinations = union_by_key(((block.sources, block.services), block.destinations) for block in blocks)
    sources = union_by_key(((ends, services), source) for (source, services), ends in destinations.items())
    yield from (Block(source, ends, services) for (ends, services), source in sources.items())
