"""One end of a packet as rules see it: its address, and the labels of whoever has it."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.analysis.addresses import Address
from calicoctl.analysis.criteria import PacketEnd
from calicoctl.analysis.groups import ClassMember
from calicoctl.analysis.model import Endpoint, PolicySet


def packet_end(member: ClassMember | Address, policy_set: PolicySet) -> PacketEnd:
    """The place of an endpoint with one of its addresses, or of what is none."""
    if isinstance(member, Address):
        return PacketEnd(member, ())
    owners: Sequence[Endpoint] = (
        policy_set.endpoints_by_address.get(member.address, ()) if member.endpoint.addresses else ()
    )
    endpoints = owners or (member.endpoint,)
    return PacketEnd(member.address, tuple(policy_set.labels_of(owner) for owner in endpoints if owner.selectable))
