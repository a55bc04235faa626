"""Endpoints of the datastore as an analysis needs them: there may be a hundred thousand, of which few are looked at.

Their v1 form is made only when somebody asks for it. What the agent sees of them stands in v3 as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from calicoctl.analysis.origin import Origin, Seen, Unmade
from calicoctl.datastore import Entry
from calicoctl.kinds import Kind, record
from calicoctl.kinds.conversion import from_stored
from calicoctl.kinds.hostendpoint import HOST_ENDPOINT
from calicoctl.kinds.v3only import ACCOUNT_LABEL, ACCOUNT_PREFIX, NAMESPACE_PREFIX
from calicoctl.kinds.workloadendpoint import WORKLOAD_ENDPOINT
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import CorruptEntryError, StoredResource, decode

ENDPOINTS = (WORKLOAD_ENDPOINT, HOST_ENDPOINT)
_ADDRESSES = {WORKLOAD_ENDPOINT.name: "ipNetworks", HOST_ENDPOINT.name: "expectedIPs"}


class Endpoints:
    """Makes the origins of endpoints; those that policy can't tell apart share what the agent sees of them.

    Args:
        notes: where to note what has to be said about an endpoint.
    """

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes
        self._labels: dict[tuple[tuple[tuple[str, str], ...], str | None], Mapping[str, str]] = {}
        self._profiles: dict[tuple[str, ...], tuple[str, ...]] = {}

    def origin(self, kind: Kind, entry: Entry) -> Origin | None:
        """The origin of an entry, if it can be read."""
        try:
            stored = decode(entry.key, entry.value, entry.revision)
            identifier, seen = _identifier(kind, stored), self.seen(kind, stored)
        except CorruptEntryError as error:
            self._notes.append(f"{entry.key} {error}: left out")
            return None
        except (AttributeError, KeyError, TypeError, ValueError):
            wrong = f"is no {kind.stored_as.kind}: a field has a value of the wrong type"
            self._notes.append(f"{entry.key} {wrong}: left out")
            return None
        if kind is WORKLOAD_ENDPOINT and not stored.spec.get("interfaceName"):
            self._notes.append(f"{identifier} has no interfaceName: left out, as the agent does")
            return None
        return Origin(Unmade(identifier, partial(_resource, kind, entry)), entry.key, seen=seen)

    def seen(self, kind: Kind, stored: StoredResource) -> Seen:
        """What the agent sees of an endpoint.

        Raises:
            TypeError: a field has a value of the wrong type.
        """
        spec = stored.spec
        labels = tuple((stored.metadata.get("labels") or {}).items())
        account = spec.get("serviceAccountName") or "" if kind is WORKLOAD_ENDPOINT else None
        if (visible := self._labels.get((labels, account))) is None:
            visible = self._labels[labels, account] = _visible(dict(labels), account)
        profiles = _texts(spec.get("profiles"))
        return Seen(visible, self._profiles.setdefault(profiles, profiles), _texts(spec.get(_ADDRESSES[kind.name])))


def _visible(labels: Mapping[str, str], account: str | None) -> Mapping[str, str]:
    """The labels that selectors see; `account` is the service account of a workload, and None for a host.

    The agent takes the account for a label, and those labels away by which a workload would pretend to be elsewhere.
    """
    if not all(isinstance(text, str) for text in (*labels.values(), account or "")):
        raise TypeError("a label is no text")
    if account is None:
        return labels
    own = {key: text for key, text in labels.items() if not key.startswith((NAMESPACE_PREFIX, ACCOUNT_PREFIX))}
    return {**own, ACCOUNT_LABEL: account} if account else own


def _texts(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    if not isinstance(value, list) or {*map(type, value)} != {str}:
        raise TypeError("is no list of texts")
    return tuple(value)


def _identifier(kind: Kind, stored: StoredResource) -> Identifier:
    """As `from_stored` gives it."""
    if kind.shown_names and record.ANNOTATION not in stored.annotations:
        return kind.identifier(kind.shown_names(stored))
    return from_stored(kind, stored).identifier


def _resource(kind: Kind, entry: Entry) -> Resource:
    return from_stored(kind, decode(entry.key, entry.value, entry.revision))
