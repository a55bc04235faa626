"""label: labels of stored resources set and removed, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from calicoctl.datastore import Range
from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.kinds import Kind
from calicoctl.manifest import Source
from calicoctl.manifest.documents import Path
from calicoctl.manifest.plain import mapping_node
from calicoctl.operations.read.labels import PROFILE_RANGE, select_by_labels
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.operations.write.modify import apply_merge_patch, modify_step
from calicoctl.operations.write.run import PlanStep, WritePlan, problem_for
from calicoctl.resource import LocatedResource
from calicoctl.schema.problems import field_path
from calicoctl.schema.store import load_schema
from calicoctl.selector import Selector

LabelChanges = Mapping[str, str | None]
"""Labels by their names; None removes one."""


_COMMAND_LINE_SOURCE = Source("", "")
"""What is given as words has no place in any text."""


def label_step(changes: LabelChanges, *, overwrite: bool = False) -> PlanStep:
    """Set and remove labels of what has to be there; `overwrite` allows to change a value."""

    def modify(plan: WritePlan, item: LocatedResource, hit: StoredEntry) -> LocatedResource | None:
        plan.warnings += (problem_for(item, f"there is no label {key!r}") for key in _missing_labels(changes, hit))
        return _with_labels(plan, item, hit, changes, overwrite=overwrite)

    return modify_step(modify)


def label_selected_step(kind: Kind, selector: Selector, changes: LabelChanges, *, overwrite: bool = False) -> PlanStep:
    """The same for what a selector selects; what is gone or is not selected any more is passed over."""

    @lru_cache(maxsize=1)  # each resource of a plan asks for it
    def selected_keys(view: StoreView) -> frozenset[str]:
        return frozenset(hit.entry.key for hit in select_by_labels(view.entries_of_kind(kind), selector, view))

    def modify(plan: WritePlan, item: LocatedResource, hit: StoredEntry) -> LocatedResource | None:
        if hit.entry.key not in selected_keys(plan.view):
            return None
        return _with_labels(plan, item, hit, changes, overwrite=overwrite)

    return modify_step(modify, skip_missing=True)


def selection_ranges(kind: Kind) -> tuple[Range, ...]:
    """What to read besides, to know what a selector selects."""
    return Range(kind.stored_kind.prefix, prefix=True), PROFILE_RANGE


def _labels_of(hit: StoredEntry) -> Mapping[str, str]:
    return (hit.resource.metadata.get("labels") or {}) if hit.resource else {}


def _missing_labels(changes: LabelChanges, hit: StoredEntry) -> list[str]:
    return [key for key, text in changes.items() if text is None and key not in _labels_of(hit)]


def _with_labels(
    plan: WritePlan, item: LocatedResource, hit: StoredEntry, changes: LabelChanges, *, overwrite: bool
) -> LocatedResource | None:
    assert hit.resource is not None  # noqa: S101 - only such hits are changed
    if not overwrite and (conflicts := list(_value_conflicts(changes, _labels_of(hit)))):
        plan.conflicts += (problem_for(item, what) for what in conflicts)
        return None
    return apply_merge_patch(plan, hit.resource, _COMMAND_LINE_SOURCE, mapping_node({"metadata": {"labels": changes}}))


def _value_conflicts(changes: LabelChanges, labels: Mapping[str, str]) -> Iterator[str]:
    for key, text in changes.items():
        if text is not None and labels.get(key, text) != text:
            yield f"label {key!r} is {labels[key]!r} already (--overwrite changes it to {text!r})"


def check_labels(kind: Kind, changes: LabelChanges) -> None:
    """Check the names and values of labels to set by themselves, before there is a resource to have them.

    Raises:
        InvalidManifest: with every problem.
    """
    labels = {key: text for key, text in changes.items() if text is not None}
    errors = field_value_errors(kind.name, ("metadata", "labels"), labels)
    if problems := [Problem(Position(""), kind.name, field_path(path), message) for path, message in errors]:
        raise InvalidManifest(problems)


def field_value_errors(kind: str, path: Sequence[str], value: Any) -> Iterator[tuple[Path, str]]:
    """What the schema of a kind refuses in the value of a field, with the path to it."""
    from jsonschema_rs import Draft202012Validator

    schema = load_schema(kind)
    for field in path:
        schema = schema["properties"][field]
    if Draft202012Validator(schema).is_valid(value):
        return
    from calicoctl.schema.explain import explain_errors

    for each in explain_errors(schema, value):
        yield (*path, *each.path), each.message
