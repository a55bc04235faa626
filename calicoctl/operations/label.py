"""Implementation of `label`: set and remove labels of stored resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.datastore import Range
from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.kinds import Kind
from calicoctl.manifest import Source
from calicoctl.manifest.plain import mapping_node
from calicoctl.operations.read.labels import PROFILE_RANGE, select_by_labels
from calicoctl.operations.read.lookup import StoredEntry, problem_for
from calicoctl.operations.read.query import kind_ranges
from calicoctl.operations.write.modify import Modification, apply_merge_patch, plan_modify
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.resource import LocatedResource, Resource, field_path
from calicoctl.schema.field_value import field_value_errors
from calicoctl.selector import Selector

LabelChanges = Mapping[str, str | None]
"""New values by label name; None removes a label."""

_COMMAND_LINE_SOURCE = Source("", "")
"""Source of labels on the command line: problems have no position."""


class LabelSelection(NamedTuple):
    """Resources of some kinds that match a selector."""

    kinds: Sequence[Kind]
    selector: Selector

    def ranges(self) -> tuple[Range, ...]:
        """Return the ranges that `plan_label_selected` needs."""
        return (*kind_ranges(self.kinds), PROFILE_RANGE)


def plan_label(
    context: PlanContext, resources: Iterable[LocatedResource], changes: LabelChanges, *, overwrite: bool = False
) -> WritePlan:
    """Plan to change labels of existing resources. A different value is a conflict unless `overwrite` is set."""

    def modify(item: LocatedResource, _stored: StoredEntry, resource: Resource) -> Modification:
        labels = _labels_of(resource)
        missing = [key for key, text in changes.items() if text is None and key not in labels]
        warnings = WritePlan(warnings=tuple(problem_for(item, f"no label {key!r}") for key in missing))
        changed, plan = _change_labels(item, resource, changes, overwrite=overwrite)
        return Modification(changed, WritePlan.combine([warnings, plan]))

    return plan_modify(context, resources, modify)


def plan_label_selected(
    context: PlanContext,
    resources: Iterable[LocatedResource],
    selection: LabelSelection,
    changes: LabelChanges,
    *,
    overwrite: bool = False,
) -> WritePlan:
    """Plan to change labels of those resources that still exist and match the selector."""
    entries = [each for kind in selection.kinds for each in context.view.entries_of_kind(kind)]
    selected_keys = {each.entry.key for each in select_by_labels(entries, selection.selector, context.view)}

    def modify(item: LocatedResource, stored: StoredEntry, resource: Resource) -> Modification:
        if stored.entry.key not in selected_keys:
            return Modification(None)
        return _change_labels(item, resource, changes, overwrite=overwrite)

    return plan_modify(context, resources, modify, skip_missing=True)


def _labels_of(resource: Resource) -> Mapping[str, str]:
    return resource.metadata.get("labels") or {}


def _change_labels(
    item: LocatedResource, resource: Resource, changes: LabelChanges, *, overwrite: bool
) -> Modification:
    if not overwrite and (conflicts := list(_value_conflicts(changes, _labels_of(resource)))):
        return Modification(None, WritePlan(conflicts=tuple(problem_for(item, message) for message in conflicts)))
    return apply_merge_patch(resource, _COMMAND_LINE_SOURCE, mapping_node({"metadata": {"labels": changes}}))


def _value_conflicts(changes: LabelChanges, labels: Mapping[str, str]) -> Iterator[str]:
    for key, text in changes.items():
        if text is not None and labels.get(key, text) != text:
            yield f"label {key!r} is {labels[key]!r} already (--overwrite changes it to {text!r})"


def check_labels(kind: Kind, changes: LabelChanges) -> None:
    """Validate new labels before any resource is read.

    Raises:
        InvalidManifest: a name or a value is not valid; contains all problems.
    """
    labels = {key: text for key, text in changes.items() if text is not None}
    errors = field_value_errors(kind.name, ("metadata", "labels"), labels)
    if problems := [Problem(Position(""), kind.name, field_path(path), message) for path, message in errors]:
        raise InvalidManifest(problems)
