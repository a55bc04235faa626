"""label: labels of stored resources set and removed, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from calicoctl.datastore import Range
from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.kinds import Kind
from calicoctl.manifest import Source
from calicoctl.manifest.building import mapping_of
from calicoctl.operations.labels import PROFILES, selected
from calicoctl.operations.lookup import Found, View
from calicoctl.operations.rewriting import merged, rewriting
from calicoctl.operations.writing import Plan, Step, about
from calicoctl.resource import Located
from calicoctl.schema.part import refusals_of_part
from calicoctl.schema.placing import field_path
from calicoctl.selector import Selector

Changes = Mapping[str, str | None]
"""Labels by their names; None removes one."""

_COMMAND_LINE = Source("", "")
"""What is given as words has no place in any text."""


def labelling(changes: Changes, *, overwrite: bool = False) -> Step:
    """Set and remove labels of what has to be there; `overwrite` allows to change a value."""

    def change(plan: Plan, item: Located, hit: Found) -> Located | None:
        plan.warnings += (about(item, f"there is no label {key!r}") for key in _absent(changes, hit))
        return _labelled(plan, item, hit, changes, overwrite=overwrite)

    return rewriting(change)


def labelling_selected(kind: Kind, selector: Selector, changes: Changes, *, overwrite: bool = False) -> Step:
    """The same for what a selector selects; what is gone or is not selected any more is passed over."""

    @lru_cache(maxsize=1)  # each resource of a plan asks for it
    def chosen(view: View) -> frozenset[str]:
        return frozenset(hit.entry.key for hit in selected(view.all_of(kind), selector, view))

    def change(plan: Plan, item: Located, hit: Found) -> Located | None:
        if hit.entry.key not in chosen(plan.view):
            return None
        return _labelled(plan, item, hit, changes, overwrite=overwrite)

    return rewriting(change, pass_over=True)


def ranges_of_selection(kind: Kind) -> tuple[Range, ...]:
    """What to read besides, to know what a selector selects."""
    return Range(kind.stored_as.prefix, prefix=True), PROFILES


def _labels_of(hit: Found) -> Mapping[str, str]:
    return (hit.resource.metadata.get("labels") or {}) if hit.resource else {}


def _absent(changes: Changes, hit: Found) -> list[str]:
    return [key for key, text in changes.items() if text is None and key not in _labels_of(hit)]


def _labelled(plan: Plan, item: Located, hit: Found, changes: Changes, *, overwrite: bool) -> Located | None:
    assert hit.resource is not None  # noqa: S101 - only such hits are changed
    if not overwrite and (taken := list(_taken(changes, _labels_of(hit)))):
        plan.conflicts += (about(item, what) for what in taken)
        return None
    return merged(plan, hit.resource, _COMMAND_LINE, mapping_of({"metadata": {"labels": changes}}))


def _taken(changes: Changes, labels: Mapping[str, str]) -> Iterator[str]:
    for key, text in changes.items():
        if text is not None and labels.get(key, text) != text:
            yield f"label {key!r} is {labels[key]!r} already (--overwrite changes it to {text!r})"


def check_labels(kind: Kind, changes: Changes) -> None:
    """Check the names and values of labels to set by themselves, before there is a resource to have them.

    Raises:
        InvalidManifest: with every problem.
    """
    labels = {key: text for key, text in changes.items() if text is not None}
    refused = refusals_of_part(kind.name, ("metadata", "labels"), labels)
    if problems := [Problem(Position(""), kind.name, field_path(path), message) for path, message in refused]:
        raise InvalidManifest(problems)
