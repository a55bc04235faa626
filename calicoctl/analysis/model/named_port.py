"""Named ports: ports of endpoints that have a name, and the criteria of rules that refer to them.

A name refers to the port of the endpoint at the address of the packet, if the protocol is the same (Felix
`labelindex/named_port_index.go`, `LookupNamedPorts`). Addresses without such an endpoint do not match. v1 does not have
named ports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from calicoctl.analysis.sets import intervals
from calicoctl.analysis.sets.intervals import Intervals
from calicoctl.kinds.values.networks import is_port_name
from calicoctl.kinds.values.protocols import protocol_number


class EndpointPort(NamedTuple):
    """Named port of an endpoint."""

    name: str
    protocol: int
    port: int


class OwnedPort(NamedTuple):
    """Named port of an endpoint, with the selectors of rules that match the endpoint."""

    port: EndpointPort
    selector_numbers: frozenset[int]


class NamedPort(NamedTuple):
    """Criterion of a rule for a named port."""

    name: str
    protocol: int | None
    """Protocol of the rule; None matches the port of any protocol."""

    def ports_of(self, endpoint_ports: Iterable[EndpointPort]) -> Intervals:
        """Return the ports with this name."""
        return intervals.union(
            (each.port, each.port + 1)
            for each in endpoint_ports
            if each.name == self.name and self.protocol in (None, each.protocol)
        )


def parse_named_ports(ports: Iterable[int | str] | None, protocol: int | None) -> tuple[NamedPort, ...]:
    """Return the named ports in a list of ports of a rule."""
    return tuple(NamedPort(str(port), protocol) for port in ports or () if is_port_name(port))


def parse_endpoint_ports(ports: Iterable[Mapping[str, Any]]) -> Iterator[EndpointPort]:
    """Yield the named ports in `spec.ports` of an endpoint. The agent ignores ports without a name."""
    for port in ports:
        number = protocol_number(port.get("protocol") or "tcp")
        if port.get("name") and number is not None and isinstance(port.get("port"), int):
            yield EndpointPort(port["name"], number, port["port"])
