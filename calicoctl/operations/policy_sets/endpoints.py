"""Stored endpoints as input of an analysis.

A datastore can contain 100,000 endpoints, and an analysis uses the v1 form of few: it is made on first use.
Labels, profiles and addresses are read from the v3 object, as Felix does.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from calicoctl import storage
from calicoctl.analysis.model.named_port import parse_endpoint_ports
from calicoctl.analysis.model.source import EndpointState, LazyResource, PolicySource
from calicoctl.datastore import Entry
from calicoctl.kinds import Kind
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.values.labels import NAMESPACE_LABEL_PREFIX, SERVICE_ACCOUNT_LABEL, SERVICE_ACCOUNT_LABEL_PREFIX
from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT
from calicoctl.operations.read.lookup import decode_entry
from calicoctl.printable import escape_unprintable
from calicoctl.resource import Identifier, Resource
from calicoctl.schema.stored import read_stored
from calicoctl.storage import CorruptEntryError, StoredResource

_ADDRESS_FIELDS = {WORKLOAD_ENDPOINT.name: "ipNetworks", HOST_ENDPOINT.name: "expectedIPs"}


class DecodedSource(NamedTuple):
    """Source of one stored resource, and notes about it."""

    source: PolicySource | None
    """None if the resource is omitted; a note has the reason."""
    notes: tuple[str, ...] = ()
    unreadable: str = ""
    """Key and reason if the stored object is unreadable."""


def unreadable_source(text: str) -> DecodedSource:
    """Return the source of an unreadable object, which is omitted, as in Felix; `text` has its key and the reason."""
    return DecodedSource(None, (f"{text}: omitted",), text)


class EndpointDecoder:
    """Decoder of stored endpoints. Endpoints with equal labels or profiles share one object of these."""

    def __init__(self) -> None:
        self._labels: dict[tuple[tuple[tuple[str, str], ...], str | None], Mapping[str, str]] = {}
        self._profiles: dict[tuple[str, ...], tuple[str, ...]] = {}

    def decode(self, kind: Kind, entry: Entry) -> DecodedSource:
        """Return the source of an entry."""
        try:
            stored = read_stored(kind, entry.key, entry.value, entry.mod_revision)
        except CorruptEntryError as error:
            return unreadable_source(f"{escape_unprintable(entry.key)} {error}")
        identifier, state = _endpoint_identifier(kind, entry, stored), self.effective_state(kind, stored)
        if kind is WORKLOAD_ENDPOINT and not stored.spec.get("interfaceName"):
            return DecodedSource(None, (f"{identifier} has no interfaceName: omitted, as in Felix",))
        resource = LazyResource(identifier, partial(_endpoint_resource, kind, entry))
        return DecodedSource(PolicySource(resource, entry.key, endpoint_state=state))

    def effective_state(self, kind: Kind, stored: StoredResource) -> EndpointState:
        """Return the labels, profiles and addresses that Felix uses for an endpoint."""
        spec = stored.spec
        labels = tuple((stored.metadata.get("labels") or {}).items())
        account = spec.get("serviceAccountName") or "" if kind is WORKLOAD_ENDPOINT else None
        if (selector_labels := self._labels.get((labels, account))) is None:
            selector_labels = self._labels[labels, account] = _selector_labels(dict(labels), account)
        profiles = tuple(spec.get("profiles") or ())
        return EndpointState(
            selector_labels,
            self._profiles.setdefault(profiles, profiles),
            tuple(spec.get(_ADDRESS_FIELDS[kind.name]) or ()),
            tuple(parse_endpoint_ports(spec["ports"])) if spec.get("ports") else (),
        )


def _selector_labels(labels: Mapping[str, str], account: str | None) -> Mapping[str, str]:
    """Return the labels that selectors match.

    Felix adds the service account of a workload as a label, and removes labels that would imitate another namespace or
    service account.

    Args:
        labels: the labels of the stored endpoint.
        account: service account of a workload endpoint; None for a host endpoint.
    """
    if account is None:
        return labels
    own = {
        key: text
        for key, text in labels.items()
        if not key.startswith((NAMESPACE_LABEL_PREFIX, SERVICE_ACCOUNT_LABEL_PREFIX))
    }
    return {**own, SERVICE_ACCOUNT_LABEL: account} if account else own


def _endpoint_identifier(kind: Kind, entry: Entry, stored: StoredResource) -> Identifier:
    """Return the identifier of the resource, without its other work if there is no record."""
    if storage.RECORD_ANNOTATION not in stored.annotations:
        return kind.identifier(kind.metadata_from_v3(stored))
    return _endpoint_resource(kind, entry).identifier


def _endpoint_resource(kind: Kind, entry: Entry) -> Resource:
    resource = decode_entry(kind, entry).resource
    assert resource is not None  # noqa: S101 - only readable endpoints have a source
    return resource
