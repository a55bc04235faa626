"""Implementation of `diff --unmanaged`: resources of the datastore that no manifest contains."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from calicoctl.datastore import Range
from calicoctl.errors import NO_POSITION, Problem
from calicoctl.kinds import Kind
from calicoctl.operations.diff import ResourceDiff
from calicoctl.operations.read.labels import PROFILE_RANGE, select_by_labels
from calicoctl.operations.read.lookup import StoredEntry, StoreView, skipped_message
from calicoctl.operations.read.query import kind_ranges
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.selector import Selector


class UnmanagedFilter(NamedTuple):
    """Resources to search for unmanaged ones."""

    kinds: Sequence[Kind]
    set_name: str | None = None
    """Set that the resources belong to; None for all resources."""
    selector: Selector | None = None
    """Selector for the labels of the resources. The kinds have labels then."""

    def ranges(self) -> list[Range]:
        """Return the ranges that `find_unmanaged` needs."""
        return [*kind_ranges(self.kinds), *([PROFILE_RANGE] if self.selector else [])]


def find_unmanaged(
    view: StoreView, managed_keys: Collection[str], requested: UnmanagedFilter
) -> tuple[list[ResourceDiff], list[Problem]]:
    """Return the resources that are not stored under `managed_keys`, and a warning for each unreadable object."""
    unmanaged = [
        each
        for kind in requested.kinds
        for each in view.entries_of_kind(kind)
        if each.entry.key not in managed_keys and _belongs_to(each, requested.set_name)
    ]
    readable: Sequence[StoredEntry] = [each for each in unmanaged if each.resource]
    if requested.selector:
        readable = select_by_labels(readable, requested.selector, view)
    warnings = [Problem(NO_POSITION, message=skipped_message(each.unreadable)) for each in unmanaged if each.unreadable]
    return list(_make_diffs(readable)), warnings


def _belongs_to(entry: StoredEntry, set_name: str | None) -> bool:
    """Whether an entry belongs to the set, or is unreadable, so that it may."""
    return set_name is None or entry.resource is None or entry.resource.set_name == set_name


def _make_diffs(entries: Sequence[StoredEntry]) -> Iterator[ResourceDiff]:
    for each in entries:
        if each.resource:
            outcome = Outcome(each.resource.identifier, Action.UNMANAGED, key=each.entry.key)
            yield ResourceDiff(outcome, each.resource, None, each.entry.mod_revision, unchanged=False)
