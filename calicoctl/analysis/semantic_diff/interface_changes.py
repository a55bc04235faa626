"""Changes of traffic that only some interfaces of a node allow.

The comparison is about traffic that any interface allows. A policy of one interface can change without a difference in
that traffic, because another interface allows it before and after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from calicoctl.analysis.evaluation.first_match import ClassDecision
from calicoctl.analysis.sets.services import ServiceSet


def hidden_changes(before: ClassDecision, after: ClassDecision) -> Iterator[Literal["gained", "lost"]]:
    """Yield `gained` or `lost` if one interface changed for traffic that another one allows on both sides."""
    if _is_hidden(after.always_allowed, before):
        yield "gained"
    if _is_hidden(before.always_allowed, after):
        yield "lost"


def _is_hidden(always_allowed: Mapping[int, ServiceSet], other: ClassDecision) -> bool:
    """Whether some of the traffic is allowed by some interfaces of the other side, but not by all."""
    if not other.depends_on_interface:
        return False
    return any(
        _exceeds(peers & other_peers, services & other_services, other.always_allowed)
        for peers, services in always_allowed.items()
        for other_peers, other_services in other.allowed.items()
        if peers & other_peers
    )


def _exceeds(peers: int, services: ServiceSet, allowed: Mapping[int, ServiceSet]) -> bool:
    """Whether some of the services of the peers are not allowed."""
    if not services:
        return False
    for allowed_peers, allowed_services in allowed.items():
        if peers & allowed_peers and services - allowed_services:
            return True
        peers &= ~allowed_peers
    return bool(peers)
