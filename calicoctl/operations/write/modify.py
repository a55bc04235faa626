"""In-place change of stored resources, for edit, label and patch.

Each attempt starts from the current object, so that concurrent changes by other clients are not lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from calicoctl.errors import Problem
from calicoctl.manifest import Document, MappingNode, Source
from calicoctl.manifest.merge_patch import merge_patch
from calicoctl.manifest.nodes import ScalarNode
from calicoctl.manifest.plain import mapping_node
from calicoctl.operations.read.lookup import MISSING_MESSAGE, StoredEntry, kind_of, require_single
from calicoctl.operations.write.deferred_problems import problems_of_changes
from calicoctl.operations.write.outcome import Action
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.operations.write.put import PutOptions, plan_put, refuse_unreadable
from calicoctl.resource import LocatedResource, Resource
from calicoctl.schema.validate import validate

RENAME_HINT = "create the new one with apply, then delete the old one"


class Modification(NamedTuple):
    """Result of a change to one resource."""

    item: LocatedResource | None
    """The resource to write; None writes nothing."""
    plan: WritePlan = WritePlan()
    """Warnings, and the conflicts and problems that prevent the change."""


Modifier = Callable[[LocatedResource, StoredEntry, Resource], Modification]
"""Takes the requested resource, the object that stores it, and the v1 form of the object."""


def plan_modify(
    context: PlanContext,
    resources: Iterable[LocatedResource],
    modifier: Modifier,
    *,
    force: bool = False,
    skip_missing: bool = False,
) -> WritePlan:
    """Plan to change stored resources, given by v1 name or by raw name in the store.

    Args:
        context: the contents of the datastore.
        resources: the names of the resources.
        modifier: computes the new resource.
        force: whether to write even if fields that v1 cannot represent are lost.
        skip_missing: whether to skip missing resources. Otherwise they are conflicts.
    """

    def plan_one(item: LocatedResource) -> WritePlan:
        matches = context.view.entries_named(item.identifier)
        if skip_missing and not matches:
            return WritePlan()
        missing_message = MISSING_MESSAGE if matches else context.stale_reason(item, None) or MISSING_MESSAGE
        stored = require_single(item, matches, missing_message)
        if isinstance(stored, Problem):
            return WritePlan(conflicts=(stored,))
        if stored.resource is None:
            return refuse_unreadable(item, stored)
        changed, plan = modifier(item, stored, stored.resource)
        if changed is None:
            return plan
        options = PutOptions(Action.CONFIGURED, force, full_replace=True)
        return WritePlan.combine([plan, plan_put(context, changed, stored, options)])

    return WritePlan.combine(map(plan_one, resources))


def apply_merge_patch(resource: Resource, source: Source, patch: MappingNode) -> Modification:
    """Apply a merge patch to a resource and validate the result.

    A problem has a position if the patch contains the field.
    """
    node = merge_patch(mapping_node(resource.manifest()), patch)
    document = Document(source, node)
    if problem := _kind_change_problem(document, resource):
        return Modification(None, WritePlan(problems=(problem,)))
    result = validate([document])
    changed = next(iter(result.resources), None)
    is_deferred = result.has_only_deferred_problems
    problems = list(problems_of_changes(changed, resource) if changed and is_deferred else result.problems)
    if changed and changed.resource:
        problems += rename_problems(document, resource, changed.resource)
    plan = WritePlan(warnings=tuple(result.warnings), problems=tuple(problems))
    return Modification(None if problems or changed is None else replace(changed, deferred_problems=()), plan)


def _kind_change_problem(document: Document, resource: Resource) -> Problem | None:
    kind = document.find_node(("kind",))
    if isinstance(kind, ScalarNode) and kind.text == resource.kind:
        return None
    message = f"the kind cannot be changed (remove kind, or write {resource.kind})"
    return Problem(document.locate_field(("kind",)), str(resource.identifier), "kind", message)


def rename_problems(document: Document, old: Resource, new: Resource) -> Iterator[Problem]:
    """Yield a problem for each changed field that is part of the name of a resource."""
    kind = kind_of(old.identifier)
    for field, old_value, new_value in zip(
        kind.identifying_fields, old.identifier.values, new.identifier.values, strict=True
    ):
        if old_value != new_value:
            message = f"{old_value!r} cannot be changed to {new_value!r}: it is part of the name ({RENAME_HINT})"
            yield Problem(document.locate_field(("metadata", field)), str(old.identifier), f"metadata.{field}", message)
    if kind.requested_name(old) and not kind.requested_name(new):
        message = f"{kind.requested_name(old)!r} cannot be removed: it is the name in the store"
        yield Problem(document.locate_field(("metadata",)), str(old.identifier), "metadata.name", message)
