"""Implementation of `diff --unmanaged`: resources of the datastore that no manifest contains."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from calicoctl.datastore import Range
from calicoctl.errors import NO_POSITION, Problem
from calicoctl.operations.diff import ResourceDiff
from calicoctl.operations.read.labels import select_by_labels
from calicoctl.operations.read.lookup import StoredEntry, StoreView, skipped_message
from calicoctl.operations.read.query import Query, query_ranges
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.selector import Selector


class UnmanagedFilter(NamedTuple):
    """Resources to search for unmanaged ones."""

    queries: Sequence[Query]
    selector: Selector | None = None
    """Selector for the labels of the resources. The kinds have labels then."""

    def ranges(self) -> list[Range]:
        """Return the ranges that `find_unmanaged` needs."""
        return query_ranges(self.queries, self.selector)


def find_unmanaged(
    view: StoreView, managed_keys: Collection[str], requested: UnmanagedFilter
) -> tuple[list[ResourceDiff], list[Problem]]:
    """Return the resources that are not stored under `managed_keys`, and a warning for each unreadable object."""
    unmanaged = [
        each
        for query in requested.queries
        for each in query.find_entries(view, raw_names=False)
        if each.entry.key not in managed_keys
    ]
    readable: Sequence[StoredEntry] = [each for each in unmanaged if each.resource]
    if requested.selector:
        readable = select_by_labels(readable, requested.selector, view)
    warnings = [Problem(NO_POSITION, message=skipped_message(each.unreadable)) for each in unmanaged if each.unreadable]
    return list(_make_diffs(readable)), warnings


def _make_diffs(entries: Sequence[StoredEntry]) -> Iterator[ResourceDiff]:
    for each in entries:
        if each.resource:
            outcome = Outcome(each.resource.identifier, Action.UNMANAGED, key=each.entry.key)
            yield ResourceDiff(outcome, each.resource, None, each.entry.mod_revision, unchanged=False)
