"""Address classes that match the source or the destination of a rule, as bitsets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.rule_services import effective_ports
from calicoctl.analysis.evaluation.selector_index import SelectorIndex
from calicoctl.analysis.model.named_port import OwnedPort
from calicoctl.analysis.model.policy_set import EntityRule
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Network
from calicoctl.analysis.sets.bitsets import add_bits, bitset, union_bits
from calicoctl.analysis.sets.intervals import Intervals


class PeerMatcher:
    """Matcher of address classes; results are cached for each source and destination of rules.

    Args:
        classes: all address classes, in the order of their indexes.
        selectors: the selectors whose numbers the classes have.
    """

    def __init__(self, classes: Sequence[AddressClass], selectors: SelectorIndex) -> None:
        by_selector: dict[int, list[int]] = {}
        by_network: dict[Network, list[int]] = {}
        by_version: dict[int, list[int]] = {version: [] for version in ADDRESS_COUNTS}
        by_named_ports: dict[frozenset[OwnedPort], list[int]] = {}
        for address_class in classes:
            by_version[address_class.version].append(address_class.index)
            by_named_ports.setdefault(address_class.named_ports, []).append(address_class.index)
            for number in address_class.selector_numbers:
                by_selector.setdefault(number, []).append(address_class.index)
            for net in address_class.networks:
                by_network.setdefault(net, []).append(address_class.index)
        self._selector_numbers = selectors.numbers
        self._by_selector = {number: bitset(indexes) for number, indexes in by_selector.items()}
        self._by_network = {net: bitset(indexes) for net, indexes in by_network.items()}
        self._by_named_ports = {ports: bitset(indexes) for ports, indexes in by_named_ports.items()}
        self._by_side: dict[tuple[EntityRule, int], int] = {}
        self.classes_of_version = {version: bitset(indexes) for version, indexes in by_version.items()}
        """All address classes of an IP version."""

    def match(self, side: EntityRule, version: int) -> int:
        """Return the address classes of an IP version that match the source or the destination of a rule."""
        if side.any_address:
            return self.classes_of_version[version]
        result = self._by_side.get((side, version))
        if result is None:
            result = self._by_side[side, version] = self._match(side, version)
        return result

    def match_ports(self, side: EntityRule, version: int) -> dict[Intervals | None, int]:
        """Return the address classes that match a side of a rule, by the ports that match at their addresses.

        The ports are None if they are the same for all addresses, because the side has no named ports. The selector of
        a rule limits its named ports to those of matching endpoints (Felix `calc/rule_scanner.go`).
        """
        matching = self.match(side, version)
        if not (side.named_ports or side.not_named_ports):
            return {None: matching}
        numbers = {self._selector_numbers[selector] for selector in side.required_selectors}
        result: dict[Intervals | None, int] = {}
        for named_ports, classes in self._by_named_ports.items():
            if classes & matching:
                ports = (each.port for each in named_ports if numbers <= each.selector_numbers)
                add_bits(result, effective_ports(side, [*ports]), classes & matching)
        return result

    def _match(self, side: EntityRule, version: int) -> int:
        result = self.classes_of_version[version]
        for selector in side.required_selectors:
            result &= self._by_selector.get(self._selector_numbers[selector], 0)
        for selector in side.excluded_selectors:
            result &= ~self._by_selector.get(self._selector_numbers[selector], 0)
        if side.networks:
            result &= self._match_networks(side.networks)
        if side.not_networks:
            # The agent omits a rule from the chains of an IP version if none of its notNets is of that version.
            same_version = [net for net in side.not_networks if net.version == version]
            result &= ~self._match_networks(same_version) if same_version else 0
        return result

    def _match_networks(self, networks: Iterable[Network]) -> int:
        return union_bits(self._by_network.get(net, 0) for net in networks)
