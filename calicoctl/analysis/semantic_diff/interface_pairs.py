"""Interfaces of a node, each with its host endpoints on both sides of a comparison."""

from __future__ import annotations

from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import HostPlace
from calicoctl.analysis.model.host_interface import HostInterface

Places = tuple[HostPlace | None, HostPlace | None]
"""Place of an address class before and after; None without host endpoints on its node."""


class InterfacePair(NamedTuple):
    """An interface of a node on both sides."""

    name: str
    """Name in messages."""
    sides: tuple[HostInterface | None, HostInterface | None]
    """The interface before and after; None without host endpoints on the node."""


def interface_pairs(places: Places) -> tuple[InterfacePair, ...]:
    """Return the interfaces of a node that have different host endpoints on one side at least.

    The interface of a host endpoint may be another one on the other side, or have no host endpoint there.
    """
    pairs: dict[object, InterfacePair] = {}
    for place in filter(None, places):
        for interface in place.node.interfaces:
            before, after = (each and each.node.same_interface(interface) for each in places)
            key = (before and before.endpoint, after and after.endpoint)
            pairs.setdefault(key, InterfacePair(interface.name, (before, after)))
    return tuple(pairs.values())
