"""Replies: the services of the packets that answer others."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from calicoctl.analysis.sets.rectangles import row_of, transpose
from calicoctl.analysis.sets.services import (
    ALL_SERVICES,
    Service,
    ServiceSet,
    services_of_pairs,
    services_of_protocol,
    union_all,
)
from calicoctl.kinds.values.protocols import ICMP, ICMPV6, PORT_PROTOCOLS, SCTP, TCP

_REPLY_TYPES: Final = {ICMP: {8: 0, 13: 14, 15: 16, 17: 18}, ICMPV6: {128: 129}}
"""ICMP types of replies by protocol and type of the request (Linux `nf_conntrack_proto_icmp.c`)."""


def _of_types(protocol: int) -> ServiceSet:
    return union_all(services_of_protocol(protocol, (kind, kind + 1)) for kind in _REPLY_TYPES[protocol])


WITHOUT_REPLY: Final = union_all(services_of_protocol(protocol) - _of_types(protocol) for protocol in _REPLY_TYPES)
"""ICMP messages without a reply."""
WITH_HANDSHAKE: Final = union_all(map(services_of_protocol, (TCP, SCTP)))
"""Services whose connections need packets in both directions before they carry data."""
INVALID_WITHOUT_REQUEST: Final = WITH_HANDSHAKE | union_all(map(_of_types, _REPLY_TYPES))
"""Services whose replies are invalid for Linux if it did not track the request: no chain of the agent accepts them."""


@lru_cache(maxsize=1 << 14)
def requests_answered_by(services: ServiceSet) -> ServiceSet:
    """Return the services whose replies are in a set. The reply of a reply is the request."""
    if services is ALL_SERVICES:
        return ALL_SERVICES - WITHOUT_REPLY
    parts = [services_of_pairs(protocol, transpose(services.pair_set(protocol))) for protocol in PORT_PROTOCOLS]
    for protocol, reply_types in _REPLY_TYPES.items():
        for request_type, reply_type in reply_types.items():
            codes = row_of(services.pair_set(protocol), reply_type)
            parts.append(services_of_protocol(protocol, (request_type, request_type + 1), codes))
    return union_all([services.without_pairs, *parts])


def reply_to(service: Service) -> Service | None:
    """Return the service of the reply to a packet; None if it has none."""
    if service.protocol in PORT_PROTOCOLS:
        return Service(service.protocol, service.second, service.first)
    if service.protocol not in _REPLY_TYPES:
        return service
    reply_type = _REPLY_TYPES[service.protocol].get(service.first)
    return None if reply_type is None else Service(service.protocol, reply_type, service.second)
