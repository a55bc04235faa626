"""Two policy sets with the same endpoints, so that they differ in policy only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from calicoctl.analysis.model.policy_set import Endpoint, PolicySet
from calicoctl.analysis.sets.addresses import Address
from calicoctl.name_list import join_limited
from calicoctl.resource import Identifier

EndpointPair = tuple[Endpoint, Endpoint]
"""An endpoint before and after, with the same addresses."""


@dataclass(frozen=True)
class AlignedSets:
    """Policy sets of both sides, with the same endpoints."""

    before: PolicySet
    after: PolicySet
    pairs: tuple[EndpointPair, ...]
    """Compared endpoints."""
    notes: tuple[str, ...]
    """Endpoints and profiles of one side only, and addresses that are not compared."""


def align(before: PolicySet, after: PolicySet) -> AlignedSets:
    """Return both policy sets with the endpoints of both.

    An endpoint of one side is added to the other with its labels and profiles: a new or deleted endpoint is not a
    policy change. Addresses that belong to different endpoints on the two sides are not compared.
    """
    if before.has_placeholders != after.has_placeholders:
        return _use_other_endpoints(before, after)
    sides = (_side_endpoints("before", before), _side_endpoints("after", after))
    identifiers = tuple(dict.fromkeys((*sides[0].endpoints, *sides[1].endpoints)))
    pairs = {identifier: _pair_endpoints(identifier, sides) for identifier in identifiers}
    # Addresses that are not compared stay on their endpoints: without them they would count as external addresses.
    uncompared = [tuple(_uncompared_endpoints(side, pairs)) for side in sides]
    return AlignedSets(
        _with_endpoints(before, (*(first for first, _ in pairs.values()), *uncompared[0])),
        _with_endpoints(after, (*(second for _, second in pairs.values()), *uncompared[1])),
        tuple(pairs.values()),
        (
            *_only_on_one_side(sides, has_placeholders=before.has_placeholders),
            *_uncompared_notes([*uncompared[0], *uncompared[1]]),
        ),
    )


def _use_other_endpoints(before: PolicySet, after: PolicySet) -> AlignedSets:
    """Return both policy sets with the endpoints of the side that has some."""
    endpoint_source, source_name, other_name = (
        (after, "after", "before") if before.has_placeholders else (before, "before", "after")
    )
    note = f"no endpoints on the side {other_name} (both sides use those of the side {source_name})"
    sides = [replace(side, endpoints=endpoint_source.endpoints, has_placeholders=False) for side in (before, after)]
    return AlignedSets(
        sides[0], sides[1], tuple((endpoint, endpoint) for endpoint in endpoint_source.endpoints), (note,)
    )


def _with_endpoints(policy_set: PolicySet, endpoints: tuple[Endpoint, ...]) -> PolicySet:
    """Return a policy set with these endpoints; an equal set is returned as is, since it may have cached properties."""
    return policy_set if policy_set.endpoints == endpoints else replace(policy_set, endpoints=endpoints)


class _SideEndpoints(NamedTuple):
    """Endpoints of one side by identifier."""

    name: str
    policy_set: PolicySet
    endpoints: Mapping[Identifier, Endpoint]


def _side_endpoints(name: str, policy_set: PolicySet) -> _SideEndpoints:
    return _SideEndpoints(name, policy_set, {endpoint.identifier: endpoint for endpoint in policy_set.endpoints})


def _pair_endpoints(identifier: Identifier, sides: tuple[_SideEndpoints, _SideEndpoints]) -> EndpointPair:
    candidates = [side.endpoints[identifier] for side in sides if identifier in side.endpoints]
    first, last = candidates[0], candidates[-1]
    if len(candidates) > 1 and first.addresses == last.addresses:
        return first, last
    all_addresses = dict.fromkeys(address for endpoint in candidates for address in endpoint.addresses or ())
    if not all_addresses and None in (first.addresses, last.addresses):
        return _with_addresses(first, None), _with_addresses(last, None)
    common_addresses = tuple(
        address for address in all_addresses if not any(_belongs_to_others(address, identifier, side) for side in sides)
    )
    return _with_addresses(first, common_addresses), _with_addresses(last, common_addresses)


def _belongs_to_others(address: Address, identifier: Identifier, side: _SideEndpoints) -> bool:
    owners = side.policy_set.endpoints_by_address.get(address)
    return owners is not None and all(owner.identifier != identifier for owner in owners)


def _with_addresses(endpoint: Endpoint, addresses: tuple[Address, ...] | None) -> Endpoint:
    return endpoint if endpoint.addresses == addresses else replace(endpoint, addresses=addresses)


def _uncompared_endpoints(side: _SideEndpoints, pairs: Mapping[Identifier, EndpointPair]) -> Iterator[Endpoint]:
    """Yield the endpoints that have addresses which are not compared, with these addresses only."""
    for identifier, endpoint in side.endpoints.items():
        compared = pairs[identifier][0].addresses or ()
        if addresses := tuple(address for address in endpoint.addresses or () if address not in compared):
            yield replace(endpoint, addresses=addresses)


_MAX_RESOURCES_IN_NOTE = 3


def _only_on_one_side(sides: tuple[_SideEndpoints, _SideEndpoints], *, has_placeholders: bool) -> Iterator[str]:
    for side, other in (sides, sides[::-1]):
        endpoints = [endpoint for identifier, endpoint in side.endpoints.items() if identifier not in other.endpoints]
        if endpoints and has_placeholders:
            text = _presence_text([side.policy_set.profiles[each.profiles[0]].identifier for each in endpoints], side)
            yield f"{text} ({other.name}: the agent denies all traffic of endpoints with a missing profile)"
        elif endpoints:
            text = _presence_text([endpoint.identifier for endpoint in endpoints], side)
            yield f"{text} (evaluated on both sides)"


def _presence_text(identifiers: Sequence[Identifier], side: _SideEndpoints) -> str:
    verb = "exists" if len(identifiers) == 1 else "exist"
    return f"{join_limited(identifiers, _MAX_RESOURCES_IN_NOTE)} {verb} only {side.name}"


def _uncompared_notes(endpoints: Iterable[Endpoint]) -> Iterator[str]:
    owners: dict[Address, list[Endpoint]] = {}
    for endpoint in endpoints:
        for address in endpoint.addresses or ():
            owners.setdefault(address, []).append(endpoint)
    if not owners:
        return
    address, address_owners = next(iter(owners.items()))
    names = " and ".join(str(endpoint.identifier) for endpoint in address_owners)
    if len(owners) == 1:
        yield f"{address} belongs to different endpoints before and after and is not compared ({names})"
    else:
        yield (
            f"{len(owners)} addresses belong to different endpoints before and after and are not compared, "
            f"such as {address} ({names})"
        )
