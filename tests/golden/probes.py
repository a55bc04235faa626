"""The packets that were sent between all endpoints when the verdicts of Felix were recorded."""

from __future__ import annotations

from calicoctl.analysis.sets.services import Service
from calicoctl.kinds.values.protocols import ICMP, TCP, UDP

PROBES = {
    **{f"tcp/{port}": Service(TCP, 40000, port) for port in (80, 443, 3306, 8080)},
    **{f"udp/{port}": Service(UDP, 40000, port) for port in (53, 80, 3306)},
    "icmp": Service(ICMP, 8, 0),
}
