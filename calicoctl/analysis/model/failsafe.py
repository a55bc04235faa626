"""Failsafe ports: services of a node that the agent allows before any policy of a host endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet, services_of_protocol, union_all
from calicoctl.kinds.values.protocols import TCP, UDP

_PROTOCOLS: Final = {"tcp": TCP, "udp": UDP}


@dataclass(frozen=True)
class FailsafePorts:
    """Services that the agent allows to a node (inbound) and from it (outbound)."""

    inbound: ServiceSet = NO_SERVICES
    outbound: ServiceSet = NO_SERVICES

    def allowed(self, direction: str) -> ServiceSet:
        """Return the services of a direction: `ingress` or `egress`."""
        return self.inbound if direction == "ingress" else self.outbound


NO_FAILSAFE_PORTS: Final = FailsafePorts()


def parse_failsafe_ports(text: str) -> ServiceSet:
    """Parse a list of failsafe ports in the form of the agent: `tcp:22,udp:68`; `none` or an empty text has none.

    Raises:
        ValueError: an item is not PROTOCOL:PORT with tcp or udp.
    """
    items = [] if text.strip().lower() in {"", "none"} else text.split(",")
    return union_all(_parse_item(item.strip()) for item in items)


def _parse_item(item: str) -> ServiceSet:
    protocol, _, port = item.lower().partition(":")
    if protocol not in _PROTOCOLS or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{item!r} is not a failsafe port (write tcp:22 or udp:53)")
    return services_of_protocol(_PROTOCOLS[protocol], None, (int(port), int(port) + 1))


DEFAULT_FAILSAFE_PORTS: Final = FailsafePorts(
    parse_failsafe_ports("tcp:22,udp:68,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667"),
    parse_failsafe_ports("udp:53,udp:67,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667"),
)
"""Failsafe ports of an agent without configuration (Felix 3.32 `config/config_params.go`)."""


def failsafe_ports_from_text(text: str) -> FailsafePorts:
    """Return the failsafe ports of a user: `none`, `agent` for the defaults, or a list for both directions.

    Raises:
        ValueError: an item of the list is not PROTOCOL:PORT with tcp or udp.
    """
    if text == "agent":
        return DEFAULT_FAILSAFE_PORTS
    services = parse_failsafe_ports(text)
    return FailsafePorts(services, services)
