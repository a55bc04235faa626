"""Workload and host endpoints as immutable values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calicoctl.analysis.model.named_port import EndpointPort
from calicoctl.analysis.model.source import PolicySource
from calicoctl.analysis.sets.addresses import Address
from calicoctl.resource import Identifier


@dataclass(frozen=True, eq=False)
class Endpoint:
    """Workload or host endpoint: the end of a connection to which policy applies."""

    identifier: Identifier
    labels: Mapping[str, str]
    """Labels without those of its profiles."""
    profiles: tuple[str, ...]
    """Names in the datastore, in the order in which the agent tries the profiles."""
    addresses: tuple[Address, ...] | None
    """None if unknown: the endpoint may have any address that no other endpoint has."""
    origin: PolicySource | None = None
    host: bool = False
    """Whether it is a host endpoint."""
    selectable: bool = True
    """Whether selectors of rules match its addresses; False for a host endpoint without `expectedIPs`."""
    node: str = ""
    """Name of its node in the datastore; empty for a placeholder."""
    interface_name: str = ""
    """Interface of a host endpoint: a name, `*` for all others, or empty for the interface with its addresses."""
    sort_name: bytes = b""
    """Name of a host endpoint in the datastore as bytes: of several for an interface, the agent uses the first."""
    ports: tuple[EndpointPort, ...] = ()
    """Named ports; v1 cannot specify them."""

    @property
    def name(self) -> str:
        """Name in messages: `workloadEndpoint/...`, or a description of a placeholder."""
        return str(self.identifier) if self.origin else self.identifier.values[-1]


def single_endpoint(endpoints: Iterable[Endpoint | None]) -> Endpoint | None:
    """Return the endpoint if all items are the same one; None otherwise, and for a placeholder of many endpoints."""
    distinct = set(endpoints)
    endpoint = distinct.pop() if len(distinct) == 1 else None
    return endpoint if endpoint and endpoint.origin else None
