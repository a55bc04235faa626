"""Manifests as plain mappings to policy sets, and packets for the reference evaluator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from calicoctl.analysis import PolicySet, PolicySource, build_policy_set
from calicoctl.analysis.model.source import EnforcementEffect
from calicoctl.analysis.sets.services import PAIR_PROTOCOLS, Service
from calicoctl.errors import Position
from calicoctl.kinds import find_kind
from calicoctl.resource import FieldPath
from tests.support.reference_hosts import Packet

Manifest = Mapping[str, Any]


def policy_source(manifest: Manifest) -> PolicySource:
    """Return the normal form of a valid manifest.

    A policy may have the v3 field `applyOnForward` beside its spec.
    """
    kind = find_kind(manifest["kind"])
    assert kind
    enforced = EnforcementEffect(applies_on_forward=bool(manifest.get("applyOnForward")))
    return PolicySource(kind.resource(*kind.normalize(manifest)), enforced=enforced)


def located_policy_source(manifest: Manifest) -> PolicySource:
    """Return the normal form of a valid manifest, with a position of each field; a missing one has its parent's."""

    def locate(path: FieldPath) -> Position:
        value: Any = manifest
        for depth, part in enumerate(path):
            try:
                value = value[part]
            except (KeyError, IndexError):
                return Position(repr(path[:depth]), 1)
        return Position(repr(path), 1)

    source = policy_source(manifest)
    return PolicySource(source.resource, locate=locate, enforced=source.enforced)


def policy_set_from(manifests: Iterable[Manifest]) -> PolicySet:
    """Return the policy set of valid manifests."""
    return build_policy_set(map(policy_source, manifests))


def packet(source: str, destination: str, service: Service) -> Packet:
    """Return a packet for the reference evaluator; without ports, type or code, both numbers are 0."""
    numbers = (service.first, service.second) if service.protocol in PAIR_PROTOCOLS else (0, 0)
    return Packet(source, destination, service.protocol, *numbers)
