"""Addresses and networks as numbers, and the partition of the address space by networks."""

from __future__ import annotations

import ipaddress
import socket
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from calicoctl.analysis.sets import intervals
from calicoctl.analysis.sets.intervals import SUB, Intervals

ADDRESS_COUNTS: Final[Mapping[int, int]] = {4: 1 << 32, 6: 1 << 128}
"""Number of addresses by IP version."""


class Address(NamedTuple):
    """An IP address."""

    version: int
    value: int

    def __str__(self) -> str:
        kind = ipaddress.IPv4Address if self.version == 4 else ipaddress.IPv6Address
        return str(kind(self.value))


class Network(NamedTuple):
    """Addresses from `start` up to and excluding `end`."""

    version: int
    start: int
    end: int

    def contains(self, value: int) -> bool:
        """Whether the network contains an address of the same IP version."""
        return self.start <= value < self.end

    def __str__(self) -> str:
        width = ADDRESS_COUNTS[self.version].bit_length() - 1
        return f"{Address(self.version, self.start)}/{width - (self.end - self.start).bit_length() + 1}"


def parse_address(text: str) -> Address:
    """Parse an IP address. A prefix length after it is ignored.

    Raises:
        ValueError: the text is not an address.
    """
    bare = text.partition("/")[0]
    version, family = (6, socket.AF_INET6) if ":" in bare else (4, socket.AF_INET)
    try:
        return Address(version, int.from_bytes(socket.inet_pton(family, bare), "big"))
    except OSError:
        raise ValueError(f"{text!r} is not an IP address") from None


@lru_cache(maxsize=65536)
def parse_network(text: str) -> Network:
    """Parse a network or an address. Host bits are ignored.

    Raises:
        ValueError: the text is neither a network nor an address.
    """
    parsed = ipaddress.ip_network(str(text), strict=False)  # a number is an address for ip_network
    start = int(parsed.network_address)
    return Network(parsed.version, start, start + parsed.num_addresses)


def single_address(address: Address) -> Network:
    """Return the network that contains one address only."""
    return Network(address.version, address.value, address.value + 1)


class Partition:
    """Partition of the address space of one IP version by networks.

    Addresses that are in the same networks are in the same part. Parts are numbers from 0.
    """

    def __init__(self, version: int, networks: Iterable[Network]) -> None:
        same_version = sorted({net for net in networks if net.version == version})
        self._bounds = sorted(
            {0, *(net.start for net in same_version), *(net.end for net in same_version)} - {ADDRESS_COUNTS[version]}
        )
        self.part_networks: list[frozenset[Network]] = []
        """Networks that contain each part."""
        self._part_at: list[int] = []
        self.part_addresses: list[Intervals] = []
        """Addresses of each part."""
        self._sweep(version, same_version)

    def _sweep(self, version: int, networks: list[Network]) -> None:
        """Assign each range between two bounds to the part of the networks that contain it."""
        part_numbers: dict[frozenset[Network], int] = {}
        runs: list[list[tuple[int, int]]] = []
        pending = iter([*networks, None])
        open_networks: list[Network] = []
        next_network = next(pending)
        for start, end in zip(self._bounds, [*self._bounds[1:], ADDRESS_COUNTS[version]], strict=True):
            open_networks = [net for net in open_networks if net.end > start]
            while next_network is not None and next_network.start <= start:
                open_networks.append(next_network)
                next_network = next(pending)
            enclosing = frozenset(open_networks)
            part = part_numbers.setdefault(enclosing, len(part_numbers))
            if part == len(runs):
                runs.append([])
                self.part_networks.append(enclosing)
            runs[part].append((start, end))
            self._part_at.append(part)
        self.part_addresses = [intervals.union(each) for each in runs]

    def part_of(self, value: int) -> int:
        """Return the part that contains an address."""
        return self._part_at[bisect_right(self._bounds, value) - 1]

    def free_addresses(self, used: Iterable[int]) -> list[Intervals]:
        """Return the addresses of each part without the used ones."""
        by_part: dict[int, list[int]] = {}
        for value in used:
            by_part.setdefault(self.part_of(value), []).append(value)
        return [
            intervals.combine(run, intervals.union((value, value + 1) for value in by_part[part]), SUB)
            if part in by_part
            else run
            for part, run in enumerate(self.part_addresses)
        ]


def single_version(versions: Collection[int], *ends: Iterable[int]) -> int | None:
    """Return the IP version of traffic if all ends also have addresses of the other version; else None.

    Args:
        versions: IP versions of the traffic.
        ends: IP versions of the addresses at each end.
    """
    return min(versions) if set(versions) < frozenset(ADDRESS_COUNTS).intersection(*ends) else None
