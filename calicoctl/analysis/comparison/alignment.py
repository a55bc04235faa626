"""Two policy sets over the same endpoints, so that what differs between them is policy alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from calicoctl.analysis import wording
from calicoctl.analysis.addresses import Address
from calicoctl.analysis.model import Endpoint, PolicySet
from calicoctl.resource import Identifier

Pair = tuple[Endpoint, Endpoint]
"""An endpoint as each of the sides has it, with the same addresses."""


@dataclass(frozen=True)
class Aligned:
    """Both sides, with the same endpoints."""

    before: PolicySet
    after: PolicySet
    pairs: tuple[Pair, ...]
    """The endpoints that are compared."""
    notes: tuple[str, ...]
    """Which endpoints are judged on a side that does not have them, or are not compared."""


def align(before: PolicySet, after: PolicySet) -> Aligned:
    """Let every endpoint of either side stand on both.

    Who is on one side only is judged on the other by its labels and profiles all the same: that somebody comes or goes
    is no change of policy. Addresses that belong to different endpoints on the two sides are not compared.
    """
    if before.stand_ins != after.stand_ins:
        return _borrowed(before, after)
    sides = (_side("before", before), _side("after", after))
    identifiers = tuple(dict.fromkeys((*sides[0].endpoints, *sides[1].endpoints)))
    pairs = {identifier: _pair(identifier, sides) for identifier in identifiers}
    # Addresses that are not compared stay with who has them: so they are nobody else's, and not outside.
    rest = [tuple(_rest(side, pairs)) for side in sides]
    return Aligned(
        _with(before, (*(one for one, _ in pairs.values()), *rest[0])),
        _with(after, (*(other for _, other in pairs.values()), *rest[1])),
        tuple(pairs.values()),
        (*_one_sided(sides, stand_ins=before.stand_ins), *_not_compared([*rest[0], *rest[1]])),
    )


def _borrowed(before: PolicySet, after: PolicySet) -> Aligned:
    """The endpoints of the side that has any, for both."""
    lender, where, other = (after, "after", "before") if before.stand_ins else (before, "before", "after")
    note = f"there are no endpoints {other}: both sides are judged for those {where}"
    sides = [replace(side, endpoints=lender.endpoints, stand_ins=False) for side in (before, after)]
    return Aligned(sides[0], sides[1], tuple((endpoint, endpoint) for endpoint in lender.endpoints), (note,))


def _with(policy_set: PolicySet, endpoints: tuple[Endpoint, ...]) -> PolicySet:
    """The set itself where it has these already: it may know a lot about them."""
    return policy_set if policy_set.endpoints == endpoints else replace(policy_set, endpoints=endpoints)


class _Side(NamedTuple):
    """The endpoints of one side."""

    name: str
    policy_set: PolicySet
    endpoints: Mapping[Identifier, Endpoint]


def _side(name: str, policy_set: PolicySet) -> _Side:
    return _Side(name, policy_set, {each.identifier: each for each in policy_set.endpoints})


def _pair(identifier: Identifier, sides: tuple[_Side, _Side]) -> Pair:
    found = [side.endpoints[identifier] for side in sides if identifier in side.endpoints]
    one, other = found[0], found[-1]
    if len(found) > 1 and one.addresses == other.addresses:
        return one, other
    known = dict.fromkeys(place for endpoint in found for place in endpoint.addresses or ())
    if not known and None in (one.addresses, other.addresses):
        return _at(one, None), _at(other, None)
    places = tuple(place for place in known if not any(_is_of_others(place, identifier, side) for side in sides))
    return _at(one, places), _at(other, places)


def _is_of_others(place: Address, identifier: Identifier, side: _Side) -> bool:
    owners = side.policy_set.owners.get(place)
    return owners is not None and all(owner.identifier != identifier for owner in owners)


def _at(endpoint: Endpoint, addresses: tuple[Address, ...] | None) -> Endpoint:
    return endpoint if endpoint.addresses == addresses else replace(endpoint, addresses=addresses)


def _rest(side: _Side, pairs: Mapping[Identifier, Pair]) -> Iterator[Endpoint]:
    """The endpoints with those of their addresses that are not compared."""
    for identifier, endpoint in side.endpoints.items():
        compared = pairs[identifier][0].addresses or ()
        if places := tuple(place for place in endpoint.addresses or () if place not in compared):
            yield replace(endpoint, addresses=places)


_NAMED = 3


def _one_sided(sides: tuple[_Side, _Side], *, stand_ins: bool) -> Iterator[str]:
    for side, other in (sides, sides[::-1]):
        alone = [endpoint for identifier, endpoint in side.endpoints.items() if identifier not in other.endpoints]
        if alone and stand_ins:
            profiles = [side.policy_set.profiles[endpoint.profiles[0]].identifier for endpoint in alone]
            yield f"{_listed(profiles)} only {side.name}: the agent denies everything to who has it {other.name}"
        elif alone:
            listed = _listed([endpoint.identifier for endpoint in alone])
            yield f"{listed} only {side.name}: judged as if there on both sides"


def _listed(identifiers: Sequence[Identifier]) -> str:
    return f"{wording.listed(identifiers, _NAMED)} {'is' if len(identifiers) == 1 else 'are'} there"


def _not_compared(rest: Iterable[Endpoint]) -> Iterator[str]:
    owners: dict[Address, list[Endpoint]] = {}
    for endpoint in rest:
        for place in endpoint.addresses or ():
            owners.setdefault(place, []).append(endpoint)
    for place, those in list(owners.items())[:1]:
        names = " and ".join(str(endpoint.identifier) for endpoint in those)
        several = f"{len(owners)} addresses are" if len(owners) > 1 else f"{place} is"
        such = f", such as {place}" if len(owners) > 1 else ""
        yield f"{several} of different endpoints before and after, and not compared{such} ({names})"
