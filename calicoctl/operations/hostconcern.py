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
from calicoctl.operations.labels import label_selector, selected
from calicoctl.operations.lookup import Found, View, found
from calicoctl.selector import SelectorError

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore
    from calicoctl.operations.lockout import Change


class Concern(NamedTuple):
    """Whether host endpoints are concerned, and what must stay as it is for that to be true."""

    concerned: bool
    guards: tuple[Guard, ...] = ()


def concern(datastore: Datastore, change: Change) -> Concern:
    """Whether a change concerns a host endpoint that is there or that it writes."""
    if change.of(HOST_ENDPOINT):
        return Concern(True)
    wanted = Range(HOST_ENDPOINT.stored_as.prefix, prefix=True)
    hits = View(datastore.read([wanted], revision=change.revision).found[0]).all_of(HOST_ENDPOINT)
    keys = _profile_keys(hits)
    if any(write.key in keys for write in change.of(PROFILE)):
        return Concern(True)
    entries = datastore.read([Range(key) for key in keys], revision=change.revision).found
    guards = (Guard(key, each[0].revision if each else 0) for key, each in zip(keys, entries, strict=True))
    view = View(entry for each in entries for entry in each)
    versions = _versions(change.of(POLICY), change.view)
    return Concern(any(_selects(hit, hits, view) for hit in versions), tuple(guards))


def _profile_keys(hits: Sequence[Found]) -> list[str]:
    """The keys of the profiles that host endpoints name."""
    names = (name for hit in hits if hit.stored for name in hit.stored.spec.get("profiles") or ())
    return [PROFILE.stored_as.key(str(name)) for name in dict.fromkeys(names)]


def _versions(writes: Sequence[Write], before: View) -> Iterator[Found]:
    """The policies that are written, each as it is and as it would be."""
    for write in writes:
        if entry := before.entry(write.key):
            yield found(POLICY, entry)
        if write.value is not None:
            yield found(POLICY, Entry(write.key, write.value, 0, 0))


def _selects(policy: Found, hosts: Sequence[Found], profiles: View) -> bool:
    """Whether a policy selects any host endpoint; one that can't be read selects none, as for the agent."""
    if policy.resource is None:
        return False
    try:
        selector = label_selector(policy.resource.spec["selector"])
    except SelectorError:
        return False
    return bool(selected(hosts, selector, profiles))
