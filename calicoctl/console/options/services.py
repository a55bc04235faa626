"""The options `--protocol`, `--port`, `--source-port` and `--icmp`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from calicoctl.errors import UsageError
from calicoctl.kinds.values.protocols import MAX_PORT, protocol_number

if TYPE_CHECKING:
    from calicoctl.analysis.sets.intervals import Intervals
    from calicoctl.analysis.sets.services import ServiceSet

_MAX_BYTE = 255
_SERVICE_OPTIONS = (
    click.option("--icmp", metavar="TYPE[/CODE]", help="ICMP type and code, such as 8/0 (echo request)."),
    click.option("--source-port", metavar="PORT", help="Source port, or a range.  [default: any]"),
    click.option("--port", metavar="PORT", help="Destination port, or a range such as 8000:8080.  [default: any]"),
    click.option(
        "--protocol",
        metavar="NAME",
        help="Protocol: tcp, udp, icmp, icmpv6, sctp, udplite or a number.  [default: any]",
    ),
)


def service_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--protocol`, `--port`, `--source-port` and `--icmp`. The command gets `services`, a `ServiceSet`."""

    @wraps(function)
    def command(
        *, protocol: str | None, port: str | None, source_port: str | None, icmp: str | None, **values: Any
    ) -> Any:
        return function(services=_parse_services(protocol, port, source_port, icmp), **values)

    for option in _SERVICE_OPTIONS:
        command = option(command)
    return command


def _parse_services(protocol: str | None, port: str | None, source_port: str | None, icmp: str | None) -> ServiceSet:
    """Return the services that match the options; all services without options.

    Raises:
        UsageError: an option is invalid, or options cannot be combined.
    """
    from calicoctl.analysis.sets.services import ALL_SERVICES, services_of_protocol
    from calicoctl.kinds.values.protocols import PORT_PROTOCOLS, protocol_name

    number = None if protocol is None else protocol_number(protocol)
    if protocol is not None and number is None:
        raise UsageError(f"--protocol {protocol}: unknown protocol (write tcp, udp, icmp, or 0 to 255)")
    if icmp is not None:
        return _parse_icmp(icmp, number, with_ports=bool(port or source_port))
    if number is None:
        if port is not None or source_port is not None:
            names = " or ".join(map(protocol_name, PORT_PROTOCOLS))
            raise UsageError(f"--port and --source-port require --protocol {names}")
        return ALL_SERVICES
    if number not in PORT_PROTOCOLS:
        if port is not None or source_port is not None:
            raise UsageError(f"--port and --source-port cannot be combined with --protocol {protocol}")
        return services_of_protocol(number)
    return services_of_protocol(number, _parse_ports("--source-port", source_port), _parse_ports("--port", port))


def _parse_icmp(text: str, number: int | None, *, with_ports: bool) -> ServiceSet:
    """Return the services of `--icmp`. Without a protocol it is ICMP of IPv4: ICMPv6 types have another meaning."""
    from calicoctl.analysis.sets.services import services_of_protocol
    from calicoctl.kinds.values.protocols import ICMP, ICMPV6

    if number not in (None, ICMP, ICMPV6) or with_ports:
        raise UsageError("--icmp requires --protocol icmp or icmpv6 (or none), and no ports")
    icmp_type, slash, code = text.partition("/")
    types = _parse_byte(icmp_type, text)
    return services_of_protocol(ICMP if number is None else number, types, _parse_byte(code, text) if slash else None)


def _parse_byte(digits: str, text: str) -> Intervals:
    if not (digits.isascii() and digits.isdigit() and int(digits) <= _MAX_BYTE):
        raise UsageError(f"--icmp {text}: invalid type or code (write TYPE or TYPE/CODE from 0 to 255, such as 8/0)")
    return (int(digits), int(digits) + 1)


def _parse_ports(option: str, text: str | None) -> Intervals | None:
    if text is None:
        return None
    low, _, high = text.partition(":")
    if not all(part.isascii() and part.isdigit() and len(part) <= 5 for part in (low, high or low)):
        raise UsageError(f"{option} {text}: invalid port (write a number, or a range such as 8000:8080)")
    first, last = int(low), int(high or low)
    if not first <= last <= MAX_PORT:
        raise UsageError(f"{option} {text}: invalid range (ports are from 0 to {MAX_PORT}, the lower one first)")
    return (first, last + 1)
