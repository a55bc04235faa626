"""Whether writes concern host endpoints, which is found out without reading all that there is.

Policy reaches a host endpoint by itself, by the profiles that it names, and by the policies that select its labels,
of which its profiles have some. A write to none of these leaves everything about it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.datastore import Entry, Guard, Range, Write
from calicoctl.kinds.hostendpoint import HOST_ENDPOINT
from calicoctl.kinds.policy import POLICY
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.labels import parse_label_selector, select_by_labels
from calicoctl.operations.lookup import StoredEntry, StoreView, decode_entry
from calicoctl.selector import SelectorError

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.lockout import PlannedChange


class HostImpact(NamedTuple):
    """Whether host endpoints are concerned, and what must stay as it is for that to be true."""

    affected: bool
    guards: tuple[Guard, ...] = ()


def assess_host_impact(datastore: Datastore, change: PlannedChange) -> HostImpact:
    """Whether a change concerns a host endpoint that is there or that it writes."""
    if change.writes_of(HOST_ENDPOINT):
        return HostImpact(True)
    host_range = Range(HOST_ENDPOINT.stored_kind.prefix, prefix=True)
    hits = StoreView(datastore.read([host_range], revision=change.revision).entries_by_range[0]).entries_of_kind(
        HOST_ENDPOINT
    )
    keys = _profile_keys(hits)
    if any(write.key in keys for write in change.writes_of(PROFILE)):
        return HostImpact(True)
    entries = datastore.read([Range(key) for key in keys], revision=change.revision).entries_by_range
    guards = (Guard(key, each[0].mod_revision if each else 0) for key, each in zip(keys, entries, strict=True))
    view = StoreView(entry for each in entries for entry in each)
    versions = _old_and_new(change.writes_of(POLICY), change.view)
    return HostImpact(any(_selects_host(hit, hits, view) for hit in versions), tuple(guards))


def _profile_keys(hits: Sequence[StoredEntry]) -> list[str]:
    """The keys of the profiles that host endpoints name."""
    names = (name for hit in hits if hit.stored for name in hit.stored.spec.get("profiles") or ())
    return [PROFILE.stored_kind.key(str(name)) for name in dict.fromkeys(names)]


def _old_and_new(writes: Sequence[Write], before: StoreView) -> Iterator[StoredEntry]:
    """The policies that are written, each as it is and as it would be."""
    for write in writes:
        if entry := before.entry(write.key):
            yield decode_entry(POLICY, entry)
        if write.value is not None:
            yield decode_entry(POLICY, Entry(write.key, write.value, 0, 0))


def _selects_host(policy: StoredEntry, hosts: Sequence[StoredEntry], profiles: StoreView) -> bool:
    """Whether a policy selects any host endpoint; one that can't be read selects none, as for the agent."""
    if policy.resource is None:
        return False
    try:
        selector = parse_label_selector(policy.resource.spec["selector"])
    except SelectorError:
        return False
    return bool(select_by_labels(hosts, selector, profiles))
