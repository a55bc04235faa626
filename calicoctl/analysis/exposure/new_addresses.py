"""Addresses that an endpoint that does not exist yet may have: the free ones, as address classes of non-endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.address_space import AddressSpace
from calicoctl.analysis.model.policy_set import EntityRule
from calicoctl.analysis.peers.address_names import NetworkExpression, network_expression
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset, lowest_bit
from calicoctl.selector import Selector


class NewAddresses:
    """Free addresses of an address space, without those of nodes; sets of them are bitsets of address classes."""

    def __init__(self, address_space: AddressSpace) -> None:
        self._space = address_space
        self._classes = address_space.classes
        self._matcher = address_space.peer_matcher
        free = [each for each in address_space.classes if each.is_external and each.place is None]
        self._free = {
            version: bitset(each.index for each in free if each.version == version)
            for version in self._matcher.classes_of_version
        }
        self._matching: dict[tuple[EntityRule, int], int] = {}
        self._selected: dict[tuple[Selector, int], int] = {}
        self._selectors_at: dict[int, frozenset[Selector]] = {}

    def all(self, version: int) -> int:
        """Return all free addresses of an IP version."""
        return self._free[version]

    def matching(self, side: EntityRule, version: int) -> int:
        """Return the free addresses that match the networks of the source or the destination of a rule."""
        if not (side.networks or side.not_networks):
            return self._free[version]
        key = (side, version)
        if key not in self._matching:
            networks_only = EntityRule(networks=side.networks, not_networks=side.not_networks)
            self._matching[key] = self._free[version] & self._matcher.match(networks_only, version)
        return self._matching[key]

    def sets_of(self, side: EntityRule, version: int) -> Iterator[int]:
        """Yield the sets of free addresses that the source or the destination of a rule distinguishes."""
        yield self.matching(side, version)
        for selector in side.effective_selectors:
            if selected := self._selected_by(selector, version):
                yield selected

    def _selected_by(self, selector: Selector, version: int) -> int:
        """Return the free addresses of network sets that a selector matches."""
        key = (selector, version)
        if key not in self._selected:
            matching = self._matcher.match(EntityRule(selectors=(selector,)), version)
            self._selected[key] = matching & self._free[version]
        return self._selected[key]

    def selectors_at(self, addresses: int) -> frozenset[Selector]:
        """Return the selectors that network sets with some addresses match; the addresses are a part of `split`."""
        number = lowest_bit(addresses)
        if number not in self._selectors_at:
            selectors = self._space.selectors.selectors
            numbers = self._classes[number].selector_numbers
            self._selectors_at[number] = frozenset(selectors[each] for each in numbers)
        return self._selectors_at[number]

    def split(self, sets: Iterable[int], version: int) -> list[int]:
        """Return the parts of the free addresses that some sets of addresses distinguish."""
        parts = [self._free[version]]
        for addresses in dict.fromkeys(sets):
            parts = [each for part in parts for each in (part & addresses, part & ~addresses)]
        return [part for part in parts if part]

    def expression(self, addresses: int) -> NetworkExpression:
        """Return the networks that describe a set of free addresses of one IP version.

        Networks of all addresses of the version are explicit: the set contains no addresses of the other version.
        """
        chosen = self._classes_in(addresses)
        expression = network_expression(chosen, self._classes_in(self._free[chosen[0].version]))
        return expression._replace(any_address=False)

    def _classes_in(self, addresses: int) -> list[AddressClass]:
        return [self._classes[index] for index in bit_indexes(addresses)]
