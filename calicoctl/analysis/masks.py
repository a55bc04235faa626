"""Which groups match a side of a rule, as sets of groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from calicoctl.analysis.addresses import SIZES, Network
from calicoctl.analysis.bitsets import bitset
from calicoctl.analysis.groups import Group
from calicoctl.analysis.matching import SelectorIndex
from calicoctl.analysis.model import Side


class Masks:
    """The groups that selectors and networks of rules match; each side is worked out once.

    Args:
        groups: all groups, in the order of their indexes.
        selectors: the selectors whose numbers the groups have.
    """

    def __init__(self, groups: Sequence[Group], selectors: SelectorIndex) -> None:
        by_selector: dict[int, list[int]] = {}
        by_network: dict[Network, list[int]] = {}
        by_version: dict[int, list[int]] = {version: [] for version in SIZES}
        for group in groups:
            by_version[group.version].append(group.index)
            for number in group.selected_by:
                by_selector.setdefault(number, []).append(group.index)
            for net in group.networks:
                by_network.setdefault(net, []).append(group.index)
        self._numbers = selectors.numbers
        self._of_selector = {number: bitset(indexes) for number, indexes in by_selector.items()}
        self._of_network = {net: bitset(indexes) for net, indexes in by_network.items()}
        self._of_side: dict[tuple[Side, int], int] = {}
        self.of_version = {version: bitset(indexes) for version, indexes in by_version.items()}
        """All groups of an IP version."""

    def matched(self, side: Side, version: int) -> int:
        """The groups of an IP version whose addresses match a side of a rule."""
        if side.any_address:
            return self.of_version[version]
        found = self._of_side.get((side, version))
        if found is None:
            found = self._of_side[side, version] = self._matched(side, version)
        return found

    def _matched(self, side: Side, version: int) -> int:
        found = self.of_version[version]
        for selector in side.selectors:
            found &= self._of_selector.get(self._numbers[selector], 0)
        for selector in side.not_selectors:
            found &= ~self._of_selector.get(self._numbers[selector], 0)
        if side.networks:
            found &= self._any_of(side.networks)
        if side.not_networks:
            # The agent leaves a rule out of the chains of an IP version that none of its notNets is of.
            relevant = [net for net in side.not_networks if net.version == version]
            found &= ~self._any_of(relevant) if relevant else 0
        return found

    def _any_of(self, networks: Iterable[Network]) -> int:
        found = 0
        for net in networks:
            found |= self._of_network.get(net, 0)
        return found
