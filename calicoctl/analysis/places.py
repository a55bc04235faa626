"""One end of a packet as rules see it: its address, and the labels of whoever has it."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.analysis.addresses import Address
from calicoctl.analysis.criteria import Place
from calicoctl.analysis.groups import Member
from calicoctl.analysis.model import Endpoint, PolicySet


def place_of(one: Member | Address, policy_set: PolicySet) -> Place:
    """The place of an endpoint with one of its addresses, or of what is none."""
    if isinstance(one, Address):
        return Place(one, ())
    owners: Sequence[Endpoint] = policy_set.owners.get(one.address, ()) if one.endpoint.addresses else ()
    seen = owners or (one.endpoint,)
    return Place(one.address, tuple(policy_set.labels_of(owner) for owner in seen if owner.selectable))
