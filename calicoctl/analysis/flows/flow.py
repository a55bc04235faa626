"""Flows: observed or planned connections, with their ends as recorded."""

from __future__ import annotations

from typing import Literal, NamedTuple

EndKind = Literal["name", "pod", "host", "public network", "private network"]
"""Meaning of the text of an end.

`name` is an address or a name as calicoctl prints it. The others are the ends in flow logs of Calico: `pod` is
`NAMESPACE/NAME`, where `*` at the end matches any text, and `host` the name of a node. The networks are non-endpoints
whose address is not recorded (Felix `collector/types/endpoint/endpoint.go`).
"""


class FlowEnd(NamedTuple):
    """Source or destination of a flow."""

    text: str
    """Text in results."""
    kind: EndKind = "name"


class Flow(NamedTuple):
    """One flow."""

    source: FlowEnd
    destination: FlowEnd
    protocol: int
    """IANA protocol number."""
    first: int | None = None
    """Source port or ICMP type; None if it is not recorded."""
    second: int | None = None
    """Destination port or ICMP code; None if it is not recorded, or for other protocols."""
    line: int = 0
    """Line of the record, counted from 1."""
    recorded_action: str = ""
    """Action that the agent recorded, `allow` or `deny`; empty if there is none."""


class FlowError(ValueError):
    """Flow that cannot be evaluated; the message states the problem and the remedy."""
