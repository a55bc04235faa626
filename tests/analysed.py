"""Manifests as plain mappings to what the analysis works on, without a file or a datastore between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from calicoctl.analysis import PolicySet, PolicySource, build_policy_set
from calicoctl.analysis.sets.services import PAIR_PROTOCOLS, Service
from calicoctl.kinds import find_kind
from tests.onepacket import Packet

Manifest = Mapping[str, Any]


def origin(manifest: Manifest) -> PolicySource:
    """The resource of a valid manifest, in its normal form."""
    kind = find_kind(manifest["kind"])
    assert kind
    return PolicySource(kind.resource(*kind.normalize(manifest)))


def policies_of(manifests: Iterable[Manifest]) -> PolicySet:
    """What manifests say."""
    return build_policy_set(map(origin, manifests))


def packet(source: str, destination: str, service: Service) -> Packet:
    """The packet as the other evaluator takes it; what has no ports has zeros there."""
    numbers = (service.first, service.second) if service.protocol in PAIR_PROTOCOLS else (0, 0)
    return Packet(source, destination, service.protocol, *numbers)
