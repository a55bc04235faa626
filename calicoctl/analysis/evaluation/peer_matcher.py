"""Which groups match a side of a rule, as sets of groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.selector_index import SelectorIndex
from calicoctl.analysis.model.policy_set import EntityRule
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Network
from calicoctl.analysis.sets.bitsets import bitset


class PeerMatcher:
    """The groups that selectors and networks of rules match; each side is worked out once.

    Args:
        groups: all groups, in the order of their indexes.
        selectors: the selectors whose numbers the groups have.
    """

    def __init__(self, classes: Sequence[AddressClass], selectors: SelectorIndex) -> None:
        by_selector: dict[int, list[int]] = {}
        by_network: dict[Network, list[int]] = {}
        by_version: dict[int, list[int]] = {version: [] for version in ADDRESS_COUNTS}
        for address_class in classes:
            by_version[address_class.version].append(address_class.index)
            for number in address_class.selector_numbers:
                by_selector.setdefault(number, []).append(address_class.index)
            for net in address_class.networks:
                by_network.setdefault(net, []).append(address_class.index)
        self._selector_numbers = selectors.numbers
        self._by_selector = {number: bitset(indexes) for number, indexes in by_selector.items()}
        self._by_network = {net: bitset(indexes) for net, indexes in by_network.items()}
        self._by_side: dict[tuple[EntityRule, int], int] = {}
        self.classes_of_version = {version: bitset(indexes) for version, indexes in by_version.items()}
        """All groups of an IP version."""

    def match(self, side: EntityRule, version: int) -> int:
        """The groups of an IP version whose addresses match a side of a rule."""
        if side.any_address:
            return self.classes_of_version[version]
        result = self._by_side.get((side, version))
        if result is None:
            result = self._by_side[side, version] = self._match(side, version)
        return result

    def _match(self, side: EntityRule, version: int) -> int:
        result = self.classes_of_version[version]
        for selector in side.selectors:
            result &= self._by_selector.get(self._selector_numbers[selector], 0)
        for selector in side.not_selectors:
            result &= ~self._by_selector.get(self._selector_numbers[selector], 0)
        if side.networks:
            result &= self._match_networks(side.networks)
        if side.not_networks:
            # The agent leaves a rule out of the chains of an IP version that none of its notNets is of.
            same_version = [net for net in side.not_networks if net.version == version]
            result &= ~self._match_networks(same_version) if same_version else 0
        return result

    def _match_networks(self, networks: Iterable[Network]) -> int:
        result = 0
        for net in networks:
            result |= self._by_network.get(net, 0)
        return result
