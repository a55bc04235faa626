"""Networks, addresses, ports, MAC addresses and AS numbers of manifests: validation and normal form."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache, wraps
from typing import Any, TypeVar

from calicoctl.kinds.values.protocols import MAX_PORT

IpInterface = ipaddress.IPv4Interface | ipaddress.IPv6Interface
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
_Item = TypeVar("_Item")

_PREFIX_LENGTH = re.compile(r"[0-9]{1,3}")
_PORT = re.compile(r"([0-9]+)(?::([0-9]+))?")
_MAX_AS_NUMBER = 2**32 - 1
_MAPPED_PREFIX_LENGTH = 96
"""Length of the network ::ffff:0:0/96 of IPv4-mapped addresses (RFC 4291)."""


@lru_cache(maxsize=65536)
def parse_network(text: str) -> IpInterface:
    """Parse a network or an address. An address is a network of one address.

    Raises:
        ValueError: the text is neither; the message has the remedy.
    """
    address, slash, prefix = text.partition("/")
    if slash and not _PREFIX_LENGTH.fullmatch(prefix):
        raise ValueError(f"{text!r} is not a network (write ADDRESS/LENGTH, such as 10.0.0.0/8)")
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        raise ValueError(_address_problem(text, address)) from None
    if isinstance(ip, ipaddress.IPv6Address):
        _check_ipv6(ip, text, prefix)
    length = int(prefix) if slash else ip.max_prefixlen
    if length > ip.max_prefixlen:
        raise ValueError(f"{text!r}: the prefix length exceeds {ip.max_prefixlen}")
    # From the number: to parse the text again takes three times as long.
    if isinstance(ip, ipaddress.IPv6Address):
        return ipaddress.IPv6Interface((int(ip), length))
    return ipaddress.IPv4Interface((int(ip), length))


def _address_problem(text: str, address: str) -> str:
    """Return the problem of a text that is not an address. Leading zeros are octal numbers in some tools."""
    padded = [part for part in address.split(".") if re.fullmatch("0[0-9]+", part)]
    if padded:
        decimal = re.sub(r"\b0+(?=[0-9])", "", address)
        with suppress(ValueError):
            ipaddress.IPv4Address(decimal)
            remedy = decimal + text.removeprefix(address)
            return f"{text!r} has a leading zero in {padded[0]!r}, which some tools read as octal (write {remedy})"
    return f"{text!r} is not a network or address (write 10.0.0.0/8, fd00::/8 or an address)"


def _check_ipv6(ip: ipaddress.IPv6Address, text: str, prefix: str) -> None:
    if ip.scope_id is not None:
        raise ValueError(f"{text!r}: Felix does not support addresses with a zone (remove {'%' + ip.scope_id!r})")
    if ip.ipv4_mapped is not None:
        remedy = str(ip.ipv4_mapped)
        if prefix:
            length = int(prefix) - _MAPPED_PREFIX_LENGTH
            remedy += f"/{length if 0 <= length <= ip.ipv4_mapped.max_prefixlen else 'LENGTH'}"
        raise ValueError(f"{text!r} is an IPv4-mapped IPv6 address (write {remedy})")


def keep_invalid(normalize: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return a function that returns an invalid value as it is: v3 has values that v1 rejects.

    Examples are named ports and the BGP peer `192.0.2.1:1179`.
    """

    @wraps(normalize)
    def wrapper(value: Any) -> Any:
        try:
            return normalize(value)
        except ValueError:
            return value

    return wrapper


@lru_cache(maxsize=65536)
def normalize_interface(text: str) -> str:
    """Return the normal form with the bits behind the mask, as calicoctl 1.6.5 prints source networks."""
    network = parse_network(text)
    return f"{network.ip}/{network.network.prefixlen}"


@lru_cache(maxsize=65536)
def normalize_network(text: str) -> str:
    """Return the normal form of a network: masked, IPv6 in lower case and compressed."""
    return str(parse_network(text).network)


def overlapping_pairs(items: Iterable[tuple[IpNetwork, _Item]]) -> Iterator[tuple[_Item, _Item]]:
    """Yield each pair of items whose networks overlap, the item with the larger network first.

    Of two equal networks, the earlier item is first.
    """
    enclosing: list[tuple[IpNetwork, _Item]] = []
    by_address = sorted(items, key=lambda item: (item[0].version, int(item[0].network_address), item[0].prefixlen))
    for network, item in by_address:
        while enclosing and not enclosing[-1][0].overlaps(network):
            enclosing.pop()
        yield from ((outer, item) for _, outer in enclosing)
        enclosing.append((network, item))


def is_port_name(port: int | str) -> bool:
    """Return whether a port of a v3 rule is a name, not a number or a range."""
    return isinstance(port, str) and not port.replace(":", "").isdigit()


def port_problem(text: str) -> str | None:
    """Return the problem of a port or a range of ports in text form; None if it is valid."""
    match = _PORT.fullmatch(text)
    if not match:
        return f"{text!r} is not a port (write a number, or a range such as 8000:8080; v1 has no named ports)"
    low, high = _parse_port_number(match[1]), _parse_port_number(match[2] or match[1])
    if not (1 <= low <= MAX_PORT and 1 <= high <= MAX_PORT):
        return f"{text!r}: ports are 1 to {MAX_PORT}"
    if low > high:
        return f"{text!r}: the range ends before it begins (write {high}:{low})"
    return None


def normalize_port(port: int | str) -> int | str:
    """Return the normal form of a port: a number, or the text of a range of different ports.

    Raises:
        ValueError: the text is neither, such as the name of a port.
    """
    if not isinstance(port, str):
        return int(port)
    match = _PORT.fullmatch(port)
    if not match:
        raise ValueError(port_problem(port))
    low, high = _parse_port_number(match[1]), _parse_port_number(match[2] or match[1])
    return low if low == high else f"{low}:{high}"


def _parse_port_number(digits: str) -> int:
    """Return the number. Texts with too many digits become one above the maximum, without parsing."""
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= len(str(MAX_PORT)) else MAX_PORT + 1


def parse_address(text: str) -> IpAddress:
    """Parse an address without a prefix length.

    Raises:
        ValueError: the text is not an address; the message has the remedy.
    """
    if "/" in text:
        raise ValueError(f"{text!r} is a network (write an address, without /{text.partition('/')[2]})")
    return parse_network(text).ip


def normalize_address(text: str) -> str:
    """Return the normal form of an address: IPv6 in lower case and compressed."""
    return str(parse_address(text))


def sort_ipv4_first(texts: Iterable[str]) -> list[str]:
    """Return addresses or networks with IPv4 first, as Calico 1.6 stores them."""
    return sorted(texts, key=lambda text: ":" in text)


def normalize_addresses(texts: Iterable[str]) -> list[str]:
    """Return the normal form of a list of addresses. Invalid ones stay as they are."""
    return sort_ipv4_first(map(_normalize_valid_address, texts))


def normalize_networks(texts: Iterable[str]) -> list[str]:
    """Return the normal form of a list of networks. Invalid ones stay as they are."""
    return sort_ipv4_first(map(_normalize_valid_network, texts))


_normalize_valid_address = keep_invalid(normalize_address)
_normalize_valid_network = keep_invalid(normalize_network)


def normalize_mac(text: str) -> str:
    """Return the normal form of a MAC address: pairs of lower-case digits with colons.

    It has six, eight or twenty bytes, as in Go: pairs with `:` or `-`, or groups of four digits with `.`.

    Raises:
        ValueError: the text is not a MAC address.
    """
    pairs = re.fullmatch(r"([0-9a-fA-F]{2})(?:([:-])[0-9a-fA-F]{2}(?:\2[0-9a-fA-F]{2})*)?", text)
    groups = re.fullmatch(r"[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4})+", text)
    digits = re.sub("[^0-9a-fA-F]", "", text).lower()
    if not (pairs or groups) or len(digits) // 2 not in {6, 8, 20}:
        raise ValueError(f"{text!r} is not a MAC address (write six pairs of digits, such as ee:ee:ee:ee:ee:ee)")
    return ":".join(digits[start : start + 2] for start in range(0, len(digits), 2))


def normalize_as_number(value: int | str) -> int:
    """Return an AS number. Text may have two parts with a dot, the higher 16 bits first.

    Raises:
        ValueError: the value is not an AS number.
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
        raise ValueError(f'{value!r} is not an AS number (write 0 to {_MAX_AS_NUMBER}, or two parts such as "1.10")')
    return number
