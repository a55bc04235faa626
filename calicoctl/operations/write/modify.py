"""Stored resources that are changed in place: what edit, label and patch have in common.

Every try begins with what is stored then, so that nothing is lost of what others write meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from calicoctl.errors import Problem
from calicoctl.manifest import Document, MappingNode, Source
from calicoctl.manifest.merge_patch import merge_patch
from calicoctl.manifest.nodes import ScalarNode
from calicoctl.manifest.plain import mapping_node
from calicoctl.operations.read.lookup import StoredEntry, kind_of
from calicoctl.operations.write.outcome import Action
from calicoctl.operations.write.put import PutOptions, plan_put, refuse_unreadable
from calicoctl.operations.write.run import PlanStep, WritePlan, ambiguous_message, problem_for, stale_reason
from calicoctl.resource import LocatedResource, Resource
from calicoctl.schema import validate

Modifier = Callable[[WritePlan, LocatedResource, StoredEntry], LocatedResource | None]
"""Takes what was asked for and the one object that it is; gives the resource to write, or None to write nothing."""


def modify_step(modifier: Modifier, *, force: bool = False, skip_missing: bool = False) -> PlanStep:
    """Change what has to be there, also by its name in the store.

    Args:
        modifier: makes the new resource; problems and conflicts go to the plan.
        force: write even where that drops what v1 can't say.
        skip_missing: whether to pass over what is not there.
    """

    def step(plan: WritePlan, item: LocatedResource) -> None:
        hits = plan.view.entries_named(item.identifier)
        if len(hits) > 1:
            plan.conflicts.append(problem_for(item, ambiguous_message(hits)))
        elif not hits:
            if not skip_missing:
                reason = stale_reason(plan, item, None) or "does not exist (use apply or create to create it)"
                plan.conflicts.append(problem_for(item, reason))
        elif hits[0].resource is None:
            refuse_unreadable(plan, item, hits[0])
        elif changed := modifier(plan, item, hits[0]):
            plan_put(plan, changed, hits[0], PutOptions(Action.CONFIGURED, force, full_replace=True))

    return step


def apply_merge_patch(
    plan: WritePlan, resource: Resource, source: Source, patch: MappingNode
) -> LocatedResource | None:
    """A resource as a merge patch changes it, validated as a whole; None when that is not valid.

    What is wrong is reported where it stands in the patch, or else without a line.
    """
    node = merge_patch(mapping_node(resource.manifest()), patch)
    document = Document(source, node)
    if problem := _kind_change_problem(document, resource):
        plan.problems.append(problem)
        return None
    result = validate([document])
    plan.problems += result.problems
    plan.warnings += result.warnings
    for item in result.resources:
        assert item.resource is not None  # noqa: S101 - it was validated as a whole
        problems = list(rename_problems(document, resource, item.resource))
        plan.problems += problems
        return None if problems else item
    return None


def _kind_change_problem(document: Document, resource: Resource) -> Problem | None:
    kind = document.find_node(("kind",))
    if isinstance(kind, ScalarNode) and kind.text == resource.kind:
        return None
    message = f"what it is can't be changed (leave kind out, or write {resource.kind})"
    return Problem(document.locate_field(("kind",)), str(resource.identifier), "kind", message)


def rename_problems(document: Document, old: Resource, new: Resource) -> Iterator[Problem]:
    """Problems for every field that names a resource and is not what it was."""
    kind = kind_of(old.identifier)
    for field, old_value, new_value in zip(
        kind.identifying_fields, old.identifier.values, new.identifier.values, strict=True
    ):
        if old_value != new_value:
            message = f"{old_value!r} can't be changed to {new_value!r}: it names the resource ({RENAME_HINT})"
            yield Problem(document.locate_field(("metadata", field)), str(old.identifier), f"metadata.{field}", message)
    if kind.requested_name(old) and not kind.requested_name(new):
        message = f"{kind.requested_name(old)!r} can't be taken away: it is stored by that"
        yield Problem(document.locate_field(("metadata",)), str(old.identifier), "metadata.name", message)


RENAME_HINT = "create the new one with apply, then delete the old one"
