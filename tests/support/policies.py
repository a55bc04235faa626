"""Manifests as plain mappings to policy sets, and packets for the reference evaluator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from calicoctl.analysis import PolicySet, PolicySource, build_policy_set
from calicoctl.analysis.sets.services import PAIR_PROTOCOLS, Service
from calicoctl.kinds import find_kind
from tests.support.reference_evaluator import Packet

Manifest = Mapping[str, Any]


def policy_source(manifest: Manifest) -> PolicySource:
    """The resource of a valid manifest, in its normal form."""
    kind = find_kind(manifest["kind"])
    assert kind
    return PolicySource(kind.resource(*kind.normalize(manifest)))


def policy_set_from(manifests: Iterable[Manifest]) -> PolicySet:
    """What manifests say."""
    return build_policy_set(map(policy_source, manifests))


def packet(source: str, destination: str, service: Service) -> Packet:
    """The packet as the other evaluator takes it; what has no ports has zeros there."""
    numbers = (service.first, service.second) if service.protocol in PAIR_PROTOCOLS else (0, 0)
    return Packet(source, destination, service.protocol, *numbers)
