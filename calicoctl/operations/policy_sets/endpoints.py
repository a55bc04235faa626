"""Endpoints of the datastore as an analysis needs them: there may be a hundred thousand, of which few are looked at.

Their v1 form is made only when somebody asks for it. What the agent sees of them stands in v3 as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from calicoctl import storage
from calicoctl.analysis.model.source import EndpointState, LazyResource, PolicySource
from calicoctl.conversion.stored import from_stored
from calicoctl.datastore import Entry
from calicoctl.kinds import Kind
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.values.labels import NAMESPACE_LABEL_PREFIX, SERVICE_ACCOUNT_LABEL, SERVICE_ACCOUNT_LABEL_PREFIX
from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import CorruptEntryError, StoredResource, decode

ENDPOINT_KINDS = (WORKLOAD_ENDPOINT, HOST_ENDPOINT)
_ADDRESS_FIELDS = {WORKLOAD_ENDPOINT.name: "ipNetworks", HOST_ENDPOINT.name: "expectedIPs"}


class EndpointSources:
    """Makes the origins of endpoints; those that policy can't tell apart share what the agent sees of them.

    Args:
        notes: where to note what has to be said about an endpoint.
    """

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes
        self._labels: dict[tuple[tuple[tuple[str, str], ...], str | None], Mapping[str, str]] = {}
        self._profiles: dict[tuple[str, ...], tuple[str, ...]] = {}

    def make_source(self, kind: Kind, entry: Entry) -> PolicySource | None:
        """The origin of an entry, if it can be read."""
        try:
            stored = decode(entry.key, entry.value, entry.mod_revision)
            identifier, state = _endpoint_identifier(kind, stored), self.effective_state(kind, stored)
        except CorruptEntryError as error:
            self._notes.append(f"{entry.key} {error}: left out")
            return None
        except (AttributeError, KeyError, TypeError, ValueError):
            message = f"is no {kind.stored_kind.kind}: a field has a value of the wrong type"
            self._notes.append(f"{entry.key} {message}: left out")
            return None
        if kind is WORKLOAD_ENDPOINT and not stored.spec.get("interfaceName"):
            self._notes.append(f"{identifier} has no interfaceName: left out, as the agent does")
            return None
        return PolicySource(
            LazyResource(identifier, partial(_endpoint_resource, kind, entry)), entry.key, endpoint_state=state
        )

    def effective_state(self, kind: Kind, stored: StoredResource) -> EndpointState:
        """What the agent sees of an endpoint.

        Raises:
            TypeError: a field has a value of the wrong type.
        """
        spec = stored.spec
        labels = tuple((stored.metadata.get("labels") or {}).items())
        account = spec.get("serviceAccountName") or "" if kind is WORKLOAD_ENDPOINT else None
        if (selector_labels := self._labels.get((labels, account))) is None:
            selector_labels = self._labels[labels, account] = _selector_labels(dict(labels), account)
        profiles = _string_tuple(spec.get("profiles"))
        return EndpointState(
            selector_labels,
            self._profiles.setdefault(profiles, profiles),
            _string_tuple(spec.get(_ADDRESS_FIELDS[kind.name])),
        )


def _selector_labels(labels: Mapping[str, str], account: str | None) -> Mapping[str, str]:
    """The labels that selectors see; `account` is the service account of a workload, and None for a host.

    The agent takes the account for a label, and those labels away by which a workload would pretend to be elsewhere.
    """
    if not all(isinstance(text, str) for text in (*labels.values(), account or "")):
        raise TypeError("a label is no text")
    if account is None:
        return labels
    own = {
        key: text
        for key, text in labels.items()
        if not key.startswith((NAMESPACE_LABEL_PREFIX, SERVICE_ACCOUNT_LABEL_PREFIX))
    }
    return {**own, SERVICE_ACCOUNT_LABEL: account} if account else own


def _string_tuple(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    if not isinstance(value, list) or {*map(type, value)} != {str}:
        raise TypeError("is no list of texts")
    return tuple(value)


def _endpoint_identifier(kind: Kind, stored: StoredResource) -> Identifier:
    """As `from_stored` gives it."""
    if storage.RECORD_ANNOTATION not in stored.annotations:
        return kind.identifier(kind.metadata_from_v3(stored))
    return from_stored(kind, stored).identifier


def _endpoint_resource(kind: Kind, entry: Entry) -> Resource:
    return from_stored(kind, decode(entry.key, entry.value, entry.mod_revision))
