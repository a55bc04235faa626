"""get: the resources of a kind, or those that are named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calicoctl.datastore import Range
from calicoctl.errors import Conflict, NotFound
from calicoctl.operations.read.labels import PROFILE_RANGE, select_by_labels
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.operations.read.query import Query
from calicoctl.operations.write.run import ambiguous_message
from calicoctl.resource import Resource
from calicoctl.selector import Selector

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


@dataclass(frozen=True)
class Listing:
    """Resources, and what to warn of."""

    resources: tuple[Resource, ...]
    revisions: tuple[int, ...]
    """The revision at which each of them was written last."""
    warnings: tuple[str, ...] = ()

    def with_revisions(self) -> Listing:
        """The same with the revision of each resource in its metadata, which guards a later write."""
        resources = (
            replace(resource, metadata={**resource.metadata, "resourceVersion": str(revision)})
            for resource, revision in zip(self.resources, self.revisions, strict=True)
        )
        return replace(self, resources=tuple(resources))


def get_resources(
    datastore: Datastore,
    queries: Sequence[Query],
    *,
    raw_names: bool = False,
    ignore_not_found: bool = False,
    selector: Selector | None = None,
) -> Listing:
    """What the queries ask for: in their order, and all of a kind in the order of its names.

    Args:
        datastore: where to look.
        queries: what to look for.
        raw_names: whether names of the store count as well.
        ignore_not_found: whether to pass over names that are not there.
        selector: which of the resources to take, by their labels.

    Raises:
        NotFound: a name is not there.
        Conflict: a name means more than one object.
    """
    snapshot = datastore.read(query_ranges(queries, selector))
    view = StoreView(entry for entries in snapshot.entries_by_range for entry in entries)
    result = run_queries(view, queries, raw_names=raw_names, selector=selector)
    result.check(ignore_not_found=ignore_not_found)
    return make_listing(result.entries)


def query_ranges(queries: Sequence[Query], selector: Selector | None) -> list[Range]:
    """What to read for queries and a selector."""
    ranges = dict.fromkeys(key_range for query in queries for key_range in query.ranges())
    return [*ranges, *([PROFILE_RANGE] if selector else [])]


@dataclass(frozen=True)
class QueryResult:
    """What queries have found in a view."""

    entries: tuple[StoredEntry, ...]
    """Each once, in the order of `get`."""
    missing: tuple[str, ...]
    ambiguous: tuple[str, ...]

    def check(self, *, ignore_not_found: bool) -> None:
        """Raise Conflict when a name means more than one object, NotFound when it means none."""
        if self.ambiguous:
            raise Conflict(*self.ambiguous)
        if self.missing and not ignore_not_found:
            raise NotFound(*self.missing)


def run_queries(
    view: StoreView, queries: Sequence[Query], *, raw_names: bool, selector: Selector | None
) -> QueryResult:
    """Look for what the queries ask for; `raw_names` and `selector` are those of `get_resources`."""
    hits: dict[str, StoredEntry] = {}
    missing: list[str] = []
    ambiguous: list[str] = []
    for query in queries:
        matches = query.find_entries(view, raw_names=raw_names)
        if query.identifier and len(matches) > 1:
            ambiguous.append(f"{query}: {ambiguous_message(matches)}")
        elif query.has_name and not matches:
            missing.append(f"{query} not found")
        hits.update((hit.entry.key, hit) for hit in (matches if query.identifier else _sort_by_name(matches)))
    selected_entries = select_by_labels(hits.values(), selector, view) if selector else hits.values()
    return QueryResult(tuple(selected_entries), tuple(missing), tuple(ambiguous))


def _sort_by_name(hits: Sequence[StoredEntry]) -> list[StoredEntry]:
    """The hits of one kind in the order of their names; what can't be read comes last."""
    readable = [(hit, hit.resource) for hit in hits]
    ordered = sorted(
        ((hit, resource) for hit, resource in readable if resource),
        key=lambda pair: pair[0].kind.sort_key(pair[1].identifier),
    )
    return [hit for hit, _ in ordered] + [hit for hit, resource in readable if not resource]


def make_listing(hits: Iterable[StoredEntry]) -> Listing:
    """The resources that hits hold; what can't be read is passed over, with a warning."""
    resources: list[Resource] = []
    revisions: list[int] = []
    warnings: list[str] = []
    for hit in hits:
        if hit.stored is None:
            warnings.append(f"{hit.entry.key} {hit.decode_error}: passed over")
            continue
        resource = hit.resource
        assert resource is not None  # noqa: S101 - it has an object
        resources.append(resource)
        revisions.append(hit.entry.mod_revision)
        warnings += (
            f"{resource.identifier}: {what}, which v1 can't say" for what in hit.kind.unrepresentable(hit.stored)
        )
    return Listing(tuple(resources), tuple(revisions), tuple(warnings))
