"""get --watch: what a query shows, and then each change of that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from calicoctl.datastore import Changes
from calicoctl.errors import DatastoreUnreachable
from calicoctl.operations.get import make_listing, query_ranges, run_queries
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.operations.read.query import Query
from calicoctl.resource import Identifier, Resource
from calicoctl.selector import Selector

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

EventType = Literal["ADDED", "MODIFIED", "DELETED"]
"""What became of a resource, in the words of watch events of Kubernetes."""


class WatchEvent(NamedTuple):
    """A change of one resource; with DELETED it is as it was last."""

    event_type: EventType
    resource: Resource


@dataclass(frozen=True)
class WatchUpdate:
    """What has changed at once, and what to warn of."""

    events: tuple[WatchEvent, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class WatchRequest:
    """What to watch; the fields are those of `reading.get`."""

    queries: Sequence[Query]
    raw_names: bool = False
    ignore_not_found: bool = False
    selector: Selector | None = None
    show_revision: bool = False
    """Whether resources carry their revisions, so that a new revision alone is a change."""

    @property
    def independent(self) -> bool:
        """Whether each entry tells by itself if it is asked for: then only those that change need be looked at."""
        by_content = any(query.kind.find_by_content and query.identifier for query in self.queries)
        return not by_content and self.selector is None


def watch(
    datastore: Datastore, request: WatchRequest, on_connection_change: Callable[[DatastoreUnreachable | None], None]
) -> Iterator[WatchUpdate]:
    """All that is there as ADDED, then what changes; without end, and often with nothing, so that others get a turn.

    A resource has changed when it is shown differently: what others keep beside it makes no event. One that the
    selector selects no more, or that nobody can read any more, is DELETED.

    Args:
        datastore: where to look.
        request: what to look for.
        on_connection_change: called with the reason when the datastore stays away, with None when it is back.

    Raises:
        NotFound: at the beginning a name is not there.
        Conflict: at the beginning a name means more than one object.
    """
    from calicoctl.datastore.reflector import Reflector

    follower = Reflector(datastore, query_ranges(request.queries, request.selector), on_connection_change)
    states = _states(follower.changes(), request)
    before: Mapping[str, StoredEntry] = {}
    for after in states:
        yield _make_update(before, after, revisions=request.show_revision) if after is not before else WatchUpdate()
        before = after


def _states(changes: Iterator[Changes], request: WatchRequest) -> Iterator[Mapping[str, StoredEntry]]:
    """What is to be shown by key after each change; the very same mapping when nothing has changed."""
    view = StoreView(())
    hits: Mapping[str, StoredEntry] | None = None
    for changed in changes:
        if changed or hits is None:
            view = StoreView(filter(None, changed.values())) if request.independent else view.with_changes(changed)
            result = run_queries(view, request.queries, raw_names=request.raw_names, selector=request.selector)
            if hits is None:
                result.check(ignore_not_found=request.ignore_not_found)
            unchanged = (
                {key: hit for key, hit in (hits or {}).items() if key not in changed} if request.independent else {}
            )
            hits = {**unchanged, **{hit.entry.key: hit for hit in result.entries}}
        yield hits


def _make_update(
    before: Mapping[str, StoredEntry], after: Mapping[str, StoredEntry], *, revisions: bool
) -> WatchUpdate:
    removed = [hit for key, hit in before.items() if after.get(key) is not hit]
    added = [hit for key, hit in after.items() if before.get(key) is not hit]
    affected = {hit.resource.identifier: None for hit in (*removed, *added) if hit.resource}
    old, new = (_visible(hits, affected, revisions=revisions) for hits in (before.values(), after.values()))
    events = (event for identifier in affected for event in _make_events(old[identifier], new[identifier]))
    return WatchUpdate(tuple(events), make_listing(added).warnings)


def _visible(
    hits: Iterable[StoredEntry], affected: Mapping[Identifier, None], *, revisions: bool
) -> Mapping[Identifier, Sequence[Resource]]:
    """What is shown of each resource; more than once where both layouts of a policy are in use."""
    listed = make_listing(hit for hit in hits if hit.resource and hit.resource.identifier in affected)
    by_identifier: dict[Identifier, list[Resource]] = {identifier: [] for identifier in affected}
    for resource in (listed.with_revisions() if revisions else listed).resources:
        by_identifier[resource.identifier].append(resource)
    return by_identifier


def _make_events(old: Sequence[Resource], new: Sequence[Resource]) -> Iterator[WatchEvent]:
    """The events that lead from what was shown of a resource to what is."""
    if not new:
        yield from (WatchEvent("DELETED", resource) for resource in old[-1:])
        return
    changed = [resource for resource in new if resource not in old]
    if not changed and new[-1] != old[-1]:
        changed = [new[-1]]  # one of two is gone, and what was shown last is not what stays
    yield from (WatchEvent("MODIFIED" if old else "ADDED", resource) for resource in changed)
