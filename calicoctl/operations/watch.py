"""Implementation of `get --watch`: the result of queries, then each change to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from calicoctl.datastore import Changes
from calicoctl.errors import DatastoreUnreachable
from calicoctl.lazy_dataclass import dataclass
from calicoctl.operations.get import make_listing, run_queries
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.operations.read.query import Query, query_ranges
from calicoctl.resource import Identifier, Resource
from calicoctl.selector import Selector

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

EventType = Literal["ADDED", "MODIFIED", "DELETED"]
"""Type of a watch event, as in Kubernetes."""


class WatchEvent(NamedTuple):
    """Change of one resource. DELETED has the last state of the resource."""

    event_type: EventType
    resource: Resource


@dataclass(frozen=True)
class WatchUpdate:
    """Simultaneous events, and warnings."""

    events: tuple[WatchEvent, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class WatchRequest:
    """Resources to watch. The fields are the parameters of `get_resources`."""

    queries: Sequence[Query]
    raw_names: bool = False
    ignore_not_found: bool = False
    selector: Selector | None = None
    show_revision: bool = False
    """Whether resources contain their revisions, so that a new revision alone is a change."""

    @property
    def independent(self) -> bool:
        """Whether each entry matches independently of all others, so that only changed entries need a query."""
        by_content = any(query.kind.find_by_content and query.identifier for query in self.queries)
        return not by_content and self.selector is None


def watch(
    datastore: Datastore, request: WatchRequest, on_connection_change: Callable[[DatastoreUnreachable | None], None]
) -> Iterator[WatchUpdate]:
    """Yield all existing resources as ADDED, then changes, without end.

    An update can be empty: it lets the caller check for other events. A resource has changed if its displayed form
    has. A resource that the selector no longer matches, or that becomes unreadable, is DELETED.

    Args:
        datastore: the datastore to watch.
        request: the resources to watch.
        on_connection_change: called with the error if the connection is lost, with None if it is available again.

    Raises:
        NotFound: a name does not exist at the start.
        Conflict: a name matches more than one object at the start.
    """
    from calicoctl.datastore.reflector import Reflector

    reflector = Reflector(datastore, query_ranges(request.queries, request.selector), on_connection_change)
    states = _states(reflector.changes(), request)
    before: Mapping[str, StoredEntry] = {}
    for after in states:
        yield _make_update(before, after, revisions=request.show_revision) if after is not before else WatchUpdate()
        before = after


def _states(changes: Iterator[Changes], request: WatchRequest) -> Iterator[Mapping[str, StoredEntry]]:
    """Yield the matching entries by key after each change; the same mapping object if nothing has changed."""
    view = StoreView(())
    entries: Mapping[str, StoredEntry] | None = None
    for changed in changes:
        if changed or entries is None:
            view = StoreView(filter(None, changed.values())) if request.independent else view.with_changes(changed)
            result = run_queries(view, request.queries, raw_names=request.raw_names, selector=request.selector)
            if entries is None:
                result.check(ignore_not_found=request.ignore_not_found)
            unchanged = (
                {key: each for key, each in (entries or {}).items() if key not in changed}
                if request.independent
                else {}
            )
            entries = {**unchanged, **{each.entry.key: each for each in result.entries}}
        yield entries


def _make_update(
    before: Mapping[str, StoredEntry], after: Mapping[str, StoredEntry], *, revisions: bool
) -> WatchUpdate:
    removed = [each for key, each in before.items() if after.get(key) is not each]
    added = [each for key, each in after.items() if before.get(key) is not each]
    affected = {each.resource.identifier: None for each in (*removed, *added) if each.resource}
    old, new = (_visible(entries, affected, revisions=revisions) for entries in (before.values(), after.values()))
    events = (event for identifier in affected for event in _make_events(old[identifier], new[identifier]))
    return WatchUpdate(tuple(events), make_listing(added).warnings)


def _visible(
    entries: Iterable[StoredEntry], affected: Mapping[Identifier, None], *, revisions: bool
) -> Mapping[Identifier, Sequence[Resource]]:
    """Return the displayed forms of each resource: more than one if both layouts of a policy are in use."""
    listing = make_listing(each for each in entries if each.resource and each.resource.identifier in affected)
    by_identifier: dict[Identifier, list[Resource]] = {identifier: [] for identifier in affected}
    for resource in (listing.with_revisions() if revisions else listing).resources:
        by_identifier[resource.identifier].append(resource)
    return by_identifier


def _make_events(old: Sequence[Resource], new: Sequence[Resource]) -> Iterator[WatchEvent]:
    """Yield the events between two displayed states of a resource."""
    if not new:
        yield from (WatchEvent("DELETED", resource) for resource in old[-1:])
        return
    sets = [resource.set_name for resource in old]
    changed = [resource for resource in new if resource not in old or resource.set_name not in sets]
    if not changed and new[-1] != old[-1]:
        changed = [new[-1]]  # one of two objects was deleted: the last displayed form is not the remaining one
    yield from (WatchEvent("MODIFIED" if old else "ADDED", resource) for resource in changed)
