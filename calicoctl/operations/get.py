"""Implementation of `get`: read the resources that match queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from calicoctl.datastore import SnapshotReader
from calicoctl.errors import NO_POSITION, Conflict, NotFound, Problem
from calicoctl.lazy_dataclass import dataclass
from calicoctl.operations.read.labels import select_by_labels
from calicoctl.operations.read.lookup import StoredEntry, StoreView, ambiguous_message, skipped_message
from calicoctl.operations.read.query import Query, query_ranges
from calicoctl.resource import Resource
from calicoctl.selector import Selector


@dataclass(frozen=True)
class Listing:
    """Resources with their revisions, and warnings."""

    resources: tuple[Resource, ...]
    revisions: tuple[int, ...]
    """Last revision of each resource."""
    warnings: tuple[str, ...] = ()
    error: NotFound | None = None
    """Error about requested names without a readable resource; to be raised after the others are printed."""

    def with_revisions(self) -> Listing:
        """Return the listing with `resourceVersion` in each resource, which guards a later write."""
        resources = (
            replace(resource, metadata={**resource.metadata, "resourceVersion": str(revision)})
            for resource, revision in zip(self.resources, self.revisions, strict=True)
        )
        return replace(self, resources=tuple(resources))


def get_resources(
    datastore: SnapshotReader,
    queries: Sequence[Query],
    *,
    raw_names: bool = False,
    ignore_not_found: bool = False,
    selector: Selector | None = None,
) -> Listing:
    """Read the resources that match queries, in the order of the queries, and sorted by name within a query.

    A name that does not exist is an error of the listing, which contains the others, as in kubectl.

    Args:
        datastore: the datastore to read, or an earlier revision of it.
        queries: the queries.
        raw_names: whether raw names in the store match as well.
        ignore_not_found: whether to skip missing names.
        selector: selector for the labels of the resources.

    Raises:
        Conflict: a name matches more than one object.
    """
    view = StoreView.from_snapshot(datastore.read(query_ranges(queries, selector)))
    result = run_queries(view, queries, raw_names=raw_names, selector=selector)
    error = result.find_error(ignore_not_found=ignore_not_found)
    return replace(make_listing(result.unnamed_or_readable()), error=error)


@dataclass(frozen=True)
class QueryResult:
    """Result of queries."""

    entries: tuple[StoredEntry, ...]
    """Matching entries, each once, in the order of `get`, and all unreadable ones that the queries meet."""
    missing: tuple[str, ...]
    """Messages about names that do not exist."""
    ambiguous: tuple[str, ...]
    """Messages about names that match more than one object."""
    unreadable: Mapping[str, str]
    """Messages about unreadable objects that were requested by name, by key."""

    def unnamed_or_readable(self) -> Iterator[StoredEntry]:
        """Yield the entries, except the unreadable ones that were requested by name."""
        return (each for each in self.entries if each.entry.key not in self.unreadable)

    def find_error(self, *, ignore_not_found: bool) -> NotFound | None:
        """Return the error about names without an object, or with an unreadable one; None if there are none.

        Raises:
            Conflict: a name matches more than one object.
        """
        if self.ambiguous:
            raise Conflict(*self.ambiguous)
        messages = (*self.unreadable.values(), *(() if ignore_not_found else self.missing))
        return NotFound(*messages) if messages else None

    def check(self, *, ignore_not_found: bool) -> None:
        """Raise the error of `find_error`, with warnings about the other unreadable entries."""
        if error := self.find_error(ignore_not_found=ignore_not_found):
            others = (each for each in self.unnamed_or_readable() if not each.resource)
            error.warnings = tuple(Problem(NO_POSITION, message=skipped_message(each.unreadable)) for each in others)
            raise error


def run_queries(
    view: StoreView, queries: Sequence[Query], *, raw_names: bool, selector: Selector | None
) -> QueryResult:
    """Return the entries of a view that match queries; `raw_names` and `selector` as for `get_resources`."""
    entries: dict[str, StoredEntry] = {}
    missing: list[str] = []
    ambiguous: list[str] = []
    unreadable: dict[str, str] = {}
    for query in queries:
        matches = query.find_entries(view, raw_names=raw_names)
        if query.identifier and len(matches) > 1:
            ambiguous.append(f"{query}: {ambiguous_message(matches)}")
        elif query.has_name and not matches:
            missing.append(f"{query} not found")
        if query.has_name:
            unreadable.update((each.entry.key, f"{query}: {each.unreadable}") for each in matches if not each.resource)
        entries.update((each.entry.key, each) for each in (matches if query.identifier else _sort_by_name(matches)))
    if selector:
        entries = {each.entry.key: each for each in select_by_labels(entries.values(), selector, view)}
    entries.update((each.entry.key, each) for each in view.unreadable_entries())
    return QueryResult(tuple(entries.values()), tuple(missing), tuple(ambiguous), unreadable)


def _sort_by_name(entries: Sequence[StoredEntry]) -> list[StoredEntry]:
    """Sort the entries of a kind by name. Unreadable entries come last."""
    readable = [(each, each.resource) for each in entries if each.resource]
    readable.sort(key=lambda pair: pair[0].kind.sort_key(pair[1].identifier))
    return [each for each, _ in readable] + [each for each in entries if not each.resource]


def make_listing(entries: Iterable[StoredEntry]) -> Listing:
    """Return the resources of entries. Unreadable entries are skipped with a warning."""
    resources: list[Resource] = []
    revisions: list[int] = []
    warnings: list[str] = []
    for each in entries:
        if each.stored is None or each.resource is None:
            warnings.append(skipped_message(each.unreadable))
            continue
        resources.append(each.resource)
        revisions.append(each.entry.mod_revision)
        warnings += (
            f"{each.resource.identifier}: {field}, which v1 cannot represent"
            for field in each.kind.unrepresentable(each.stored)
        )
    return Listing(tuple(resources), tuple(revisions), tuple(warnings))
