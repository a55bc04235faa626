"""Stored resources that are changed in place: what edit, label and patch have in common.

Every try begins with what is stored then, so that nothing is lost of what others write meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from calicoctl.errors import Problem
from calicoctl.manifest import Document, Mapping, Source
from calicoctl.manifest.building import mapping_of
from calicoctl.manifest.mergepatch import merge_patch
from calicoctl.manifest.nodes import Scalar
from calicoctl.operations.lookup import Found, kind_of
from calicoctl.operations.outcome import Action
from calicoctl.operations.putting import Way, put, refuse_fault
from calicoctl.operations.writing import Plan, Step, about, several, staleness
from calicoctl.resource import Located, Resource
from calicoctl.schema import validate

Change = Callable[[Plan, Located, Found], Located | None]
"""Takes what was asked for and the one object that it is; gives the resource to write, or None to write nothing."""


def rewriting(change: Change, *, force: bool = False, pass_over: bool = False) -> Step:
    """Change what has to be there, also by its name in the store.

    Args:
        change: makes the new resource; problems and conflicts go to the plan.
        force: write even where that drops what v1 can't say.
        pass_over: whether to pass over what is not there.
    """

    def step(plan: Plan, item: Located) -> None:
        hits = plan.view.named(item.identifier)
        if len(hits) > 1:
            plan.conflicts.append(about(item, several(hits)))
        elif not hits:
            if not pass_over:
                absent = staleness(plan, item, None) or "does not exist (use apply or create to create it)"
                plan.conflicts.append(about(item, absent))
        elif hits[0].resource is None:
            refuse_fault(plan, item, hits[0])
        elif changed := change(plan, item, hits[0]):
            put(plan, changed, hits[0], Way(Action.CONFIGURED, force, whole=True))

    return step


def merged(plan: Plan, resource: Resource, source: Source, patch: Mapping) -> Located | None:
    """A resource as a merge patch changes it, validated as a whole; None when that is not valid.

    What is wrong is reported where it stands in the patch, or else without a line.
    """
    node = merge_patch(mapping_of(resource.manifest()), patch)
    document = Document(source, node)
    if problem := _other_kind(document, resource):
        plan.problems.append(problem)
        return None
    result = validate([document])
    plan.problems += result.problems
    plan.warnings += result.warnings
    for item in result.located:
        assert item.resource is not None  # noqa: S101 - it was validated as a whole
        problems = list(moved(document, resource, item.resource))
        plan.problems += problems
        return None if problems else item
    return None


def _other_kind(document: Document, resource: Resource) -> Problem | None:
    kind = document.find(("kind",))
    if isinstance(kind, Scalar) and kind.text == resource.kind:
        return None
    message = f"what it is can't be changed (leave kind out, or write {resource.kind})"
    return Problem(document.locate(("kind",)), str(resource.identifier), "kind", message)


def moved(document: Document, old: Resource, new: Resource) -> Iterator[Problem]:
    """Problems for every field that names a resource and is not what it was."""
    kind = kind_of(old.identifier)
    for field, was, now in zip(kind.identified_by, old.identifier.values, new.identifier.values, strict=True):
        if was != now:
            message = f"{was!r} can't be changed to {now!r}: it names the resource ({RENAMING})"
            yield Problem(document.locate(("metadata", field)), str(old.identifier), f"metadata.{field}", message)
    if kind.own_name(old) and not kind.own_name(new):
        message = f"{kind.own_name(old)!r} can't be taken away: it is stored by that"
        yield Problem(document.locate(("metadata",)), str(old.identifier), "metadata.name", message)


RENAMING = "create the new one with apply, then delete the old one"
