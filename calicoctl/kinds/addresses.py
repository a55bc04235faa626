"""Addresses, MAC addresses and AS numbers as manifests write them, and their normal forms."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from calicoctl.kinds.networks import parse_network

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_MAX_AS_NUMBER = 2**32 - 1


def parse_address(text: str) -> IpAddress:
    """Parse an address without a prefix length.

    Raises:
        ValueError: with what is wrong and what to write instead.
    """
    if "/" in text:
        raise ValueError(f"{text!r} is a network (write an address, without /{text.partition('/')[2]})")
    return parse_network(text).ip


def normalize_address(text: str) -> str:
    """The normal form of an address: IPv6 lower-case and compressed."""
    return str(parse_address(text))


def sort_ipv4_first(texts: Iterable[str]) -> list[str]:
    """Addresses or networks with those of IPv4 first, as Calico 1.6 kept them."""
    return sorted(texts, key=lambda text: parse_network(text).version)


def normalize_mac(text: str) -> str:
    """The normal form of a MAC address: pairs of lower-case digits with colons.

    Six, eight or twenty bytes, as Go reads them: pairs with `:` or `-`, or groups of four with `.`.

    Raises:
        ValueError: when it is none.
    """
    pairs = re.fullmatch(r"([0-9a-fA-F]{2})(?:([:-])[0-9a-fA-F]{2}(?:\2[0-9a-fA-F]{2})*)?", text)
    groups = re.fullmatch(r"[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4})+", text)
    digits = re.sub("[^0-9a-fA-F]", "", text).lower()
    if not (pairs or groups) or len(digits) // 2 not in {6, 8, 20}:
        raise ValueError(f"{text!r} is no MAC address (write six pairs of digits, such as ee:ee:ee:ee:ee:ee)")
    return ":".join(digits[start : start + 2] for start in range(0, len(digits), 2))


def normalize_as_number(value: int | str) -> int:
    """The number of an AS; text may hold two parts with a dot, the higher 16 bits first.

    Raises:
        ValueError: when it is none.
    """
    if not isinstance(value, str):
        return int(value)
    match = re.fullmatch(r"([0-9]{1,10})(?:\.([0-9]{1,10}))?", value)
    number = -1
    if match and match[2] is None:
        number = int(match[1])
    elif match and int(match[1]) < 2**16 and int(match[2]) < 2**16:
        number = (int(match[1]) << 16) + int(match[2])
    if not 0 <= number <= _MAX_AS_NUMBER:
        raise ValueError(f'{value!r} is no AS number (write 0 to {_MAX_AS_NUMBER}, or two parts such as "1.10")')
    return number
