"""get --watch: what a query shows, and then each change of that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from calicoctl.datastore import Changes
from calicoctl.errors import DatastoreUnreachable
from calicoctl.operations.lookup import Found, View
from calicoctl.operations.query import Query
from calicoctl.operations.reading import find, listing, ranges_of
from calicoctl.resource import Identifier, Resource
from calicoctl.selector import Selector

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore

Change = Literal["ADDED", "MODIFIED", "DELETED"]
"""What became of a resource, in the words of watch events of Kubernetes."""


class Event(NamedTuple):
    """A change of one resource; with DELETED it is as it was last."""

    change: Change
    resource: Resource


@dataclass(frozen=True)
class Update:
    """What has changed at once, and what to warn of."""

    events: tuple[Event, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Watched:
    """What to watch; the fields are those of `reading.get`."""

    queries: Sequence[Query]
    raw: bool = False
    ignore_not_found: bool = False
    selector: Selector | None = None
    revisions: bool = False
    """Whether resources carry their revisions, so that a new revision alone is a change."""

    @property
    def by_itself(self) -> bool:
        """Whether each entry tells by itself if it is asked for: then only those that change need be looked at."""
        by_content = any(query.kind.scanned and query.identifier for query in self.queries)
        return not by_content and self.selector is None


def watch(
    datastore: Datastore, watched: Watched, tell: Callable[[DatastoreUnreachable | None], None]
) -> Iterator[Update]:
    """All that is there as ADDED, then what changes; without end, and often with nothing, so that others get a turn.

    A resource has changed when it is shown differently: what others keep beside it makes no event. One that the
    selector selects no more, or that nobody can read any more, is DELETED.

    Args:
        datastore: where to look.
        watched: what to look for.
        tell: is called with the reason when the datastore is away for long, and with None when it is back.

    Raises:
        NotFound: at the beginning a name is not there.
        Conflict: at the beginning a name means more than one object.
    """
    from calicoctl.datastore.following import Follower

    follower = Follower(datastore, ranges_of(watched.queries, watched.selector), tell)
    stages = _stages(follower.changes(), watched)
    before: Mapping[str, Found] = {}
    for now in stages:
        yield _update(before, now, revisions=watched.revisions) if now is not before else Update()
        before = now


def _stages(changes: Iterator[Changes], watched: Watched) -> Iterator[Mapping[str, Found]]:
    """What is to be shown by key after each change; the very same mapping when nothing has changed."""
    view = View(())
    hits: Mapping[str, Found] | None = None
    for changed in changes:
        if changed or hits is None:
            view = View(filter(None, changed.values())) if watched.by_itself else view.after(changed)
            finding = find(view, watched.queries, raw=watched.raw, selector=watched.selector)
            if hits is None:
                finding.check(ignore_not_found=watched.ignore_not_found)
            kept = {key: hit for key, hit in (hits or {}).items() if key not in changed} if watched.by_itself else {}
            hits = {**kept, **{hit.entry.key: hit for hit in finding.hits}}
        yield hits


def _update(before: Mapping[str, Found], now: Mapping[str, Found], *, revisions: bool) -> Update:
    left = [hit for key, hit in before.items() if now.get(key) is not hit]
    come = [hit for key, hit in now.items() if before.get(key) is not hit]
    concerned = {hit.resource.identifier: None for hit in (*left, *come) if hit.resource}
    old, new = (_shown(hits, concerned, revisions=revisions) for hits in (before.values(), now.values()))
    events = (event for identifier in concerned for event in _events(old[identifier], new[identifier]))
    return Update(tuple(events), listing(come).warnings)


def _shown(
    hits: Iterable[Found], concerned: Mapping[Identifier, None], *, revisions: bool
) -> Mapping[Identifier, Sequence[Resource]]:
    """What is shown of each resource; more than once where both layouts of a policy are in use."""
    shown = listing(hit for hit in hits if hit.resource and hit.resource.identifier in concerned)
    by_identifier: dict[Identifier, list[Resource]] = {identifier: [] for identifier in concerned}
    for resource in (shown.with_revisions() if revisions else shown).resources:
        by_identifier[resource.identifier].append(resource)
    return by_identifier


def _events(old: Sequence[Resource], new: Sequence[Resource]) -> Iterator[Event]:
    """The events that lead from what was shown of a resource to what is."""
    if not new:
        yield from (Event("DELETED", resource) for resource in old[-1:])
        return
    changed = [resource for resource in new if resource not in old]
    if not changed and new[-1] != old[-1]:
        changed = [new[-1]]  # one of two is gone, and what was shown last is not what stays
    yield from (Event("MODIFIED" if old else "ADDED", resource) for resource in changed)
