"""Networks and ports as manifests write them, and their normal forms."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

IpInterface = ipaddress.IPv4Interface | ipaddress.IPv6Interface


_PREFIX_LENGTH = re.compile(r"[0-9]{1,3}")


_PORT = re.compile(r"([0-9]+)(?::([0-9]+))?")


_MAX_PORT = 65535


@lru_cache(maxsize=65536)
def parse_network(text: str) -> IpInterface:
    """Parse a network or an address; what has no prefix length is one address.

    Raises:
        ValueError: with what is wrong and what to write instead.
    """
    address, slash, prefix = text.partition("/")
    if slash and not _PREFIX_LENGTH.fullmatch(prefix):
        raise ValueError(f"{text!r} is no network (write ADDRESS/LENGTH, such as 10.0.0.0/8)")
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        raise ValueError(f"{text!r} is no network or address (write 10.0.0.0/8, fd00::/8 or an address)") from None
    if isinstance(ip, ipaddress.IPv6Address):
        _check_ipv6(ip, text)
    length = int(prefix) if slash else ip.max_prefixlen
    if length > ip.max_prefixlen:
        raise ValueError(f"{text!r}: the length is over {ip.max_prefixlen}")
    return ipaddress.ip_interface(f"{address}/{length}")


def _check_ipv6(ip: ipaddress.IPv6Address, text: str) -> None:
    if ip.scope_id is not None:
        raise ValueError(
            f"{text!r}: an address with a zone means nothing to the agent (leave out {'%' + ip.scope_id!r})"
        )
    if ip.ipv4_mapped is not None:
        raise ValueError(f"{text!r} is an IPv4-mapped IPv6 address (write {ip.ipv4_mapped})")


@lru_cache(maxsize=65536)
def normalize_interface(text: str) -> str:
    """The normal form that keeps the bits behind the mask, as 1.6.5 shows source networks."""
    network = parse_network(text)
    return f"{network.ip}/{network.network.prefixlen}"


@lru_cache(maxsize=65536)
def normalize_network(text: str) -> str:
    """The normal form of a network: masked, IPv6 lower-case and compressed."""
    return str(parse_network(text).network)


def port_problem(text: str) -> str | None:
    """What is wrong with a port or a range of ports written as text, or None."""
    match = _PORT.fullmatch(text)
    if not match:
        return f"{text!r} is no port (write a number, or a range such as 8000:8080; v1 has no named ports)"
    low, high = _parse_port_number(match[1]), _parse_port_number(match[2] or match[1])
    if not (1 <= low <= _MAX_PORT and 1 <= high <= _MAX_PORT):
        return f"{text!r}: ports go from 1 to {_MAX_PORT}"
    if low > high:
        return f"{text!r}: the range ends before it begins (write {high}:{low})"
    return None


def normalize_port(port: int | str) -> int | str:
    """The normal form of a port: a number, or the text of a range of two different ones."""
    if not isinstance(port, str):
        return int(port)
    first, _, last = port.partition(":")
    low, high = _parse_port_number(first), _parse_port_number(last or first)
    return low if low == high else f"{low}:{high}"


def _parse_port_number(digits: str) -> int:
    """The number; one too large for a port is just that, however many digits it has."""
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= len(str(_MAX_PORT)) else _MAX_PORT + 1


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
