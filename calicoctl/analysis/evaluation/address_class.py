"""A group: addresses that no rule tells apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from calicoctl.analysis.evaluation.stages import EffectivePolicies
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.sets.addresses import Address, Network, parse_address
from calicoctl.analysis.sets.intervals import Intervals, contains


class ClassMember(NamedTuple):
    """An endpoint with one of its addresses; for one of unknown addresses it is an example."""

    endpoint: Endpoint
    address: Address


@dataclass(eq=False)
class AddressClass:
    """Addresses of one IP version that no rule tells apart, all of endpoints or all of what is none."""

    index: int
    """Its bit in sets of groups."""
    version: int
    """The IP version: 4 or 6."""
    effective_policies: EffectivePolicies | None
    """What decides for it; None for what is no endpoint."""
    selector_numbers: frozenset[int]
    """The numbers of the selectors of rules that match its addresses."""
    networks: frozenset[Network]
    """The networks of rules that its addresses lie in."""
    members: list[ClassMember] = field(default_factory=list)
    external_addresses: Intervals = ()
    """The addresses of what is no endpoint."""

    @property
    def sample(self) -> Address:
        """One of its addresses."""
        return (
            self.members[0].address
            if self.members
            else Address(self.version, sample_address(self.version, self.external_addresses))
        )


_ENDPOINT_SAMPLES = (*map(parse_address, ("10.0.0.1", "192.168.0.1", "172.16.0.1", "fd00::1")),)
_EXTERNAL_SAMPLES = (*map(parse_address, ("198.51.100.1", "2001:db8::1")),)


def sample_address(version: int, addresses: Intervals, *, nth: int | None = None) -> int:
    """An address of a set of an IP version, which must not be empty, that people would take for one.

    Of those that are somebody's the nth is asked for, so that different ones get different examples.
    """
    for sample in _EXTERNAL_SAMPLES if nth is None else _ENDPOINT_SAMPLES:
        if sample.version == version and contains(addresses, sample.value + (nth or 0)):
            return sample.value + (nth or 0)
    candidate = addresses[0] + 1 + (nth or 0)
    return candidate if candidate < addresses[1] else addresses[0]
