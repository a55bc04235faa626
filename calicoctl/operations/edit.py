"""Implementation of `edit`: open resources as text, and write the edited text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calicoctl.datastore import Range
from calicoctl.errors import Conflict, InvalidManifest, Position, Problem, Refused
from calicoctl.operations.load.manifests import LoadedManifests, LoadOptions, load_resources
from calicoctl.operations.read.lookup import StoredEntry, StoreView, identifier_ranges, problem_for, require_single
from calicoctl.operations.write.cluster import STATE_RANGES, State
from calicoctl.operations.write.conflicts import changed_fields
from calicoctl.operations.write.deferred_problems import problems_of_changes
from calicoctl.operations.write.modify import RENAME_HINT, Modification, plan_modify
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.resource import Identifier, LocatedResource, Resource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


@dataclass(frozen=True)
class OpenedResource:
    """Resource as it was when it was opened in the editor."""

    requested_identifier: Identifier
    """Name on the command line: a v1 name, or a raw name in the store."""
    key: str
    resource: Resource
    revision: int
    unrepresentable: tuple[str, ...]
    """Contents of the object that v1 cannot represent."""

    def with_revision(self) -> Resource:
        """Return the resource with `resourceVersion`, which guards a later write."""
        return replace(self.resource, metadata={**self.resource.metadata, "resourceVersion": str(self.revision)})


def open_resources(datastore: Datastore, resources: Sequence[LocatedResource]) -> tuple[OpenedResource, ...]:
    """Read resources to edit them. A resource that is named twice is returned once.

    Raises:
        Conflict: a resource does not exist, or a name matches more than one object.
        Refused: the datastore is locked, or an object is unreadable.
    """
    ranges = dict.fromkeys(identifier_ranges([item.identifier for item in resources]))
    snapshot = datastore.read([*STATE_RANGES, *ranges])
    State.from_snapshot(snapshot).check_unlocked()
    view = StoreView.from_snapshot(snapshot)
    conflicts: list[Problem] = []
    opened: dict[str, OpenedResource] = {}
    for item in resources:
        stored = require_single(item, view.entries_named(item.identifier))
        if isinstance(stored, Problem):
            conflicts.append(stored)
        else:
            opened.setdefault(stored.entry.key, _open(item, stored))
    if conflicts:
        raise Conflict(*conflicts)
    return tuple(opened.values())


def _open(item: LocatedResource, stored: StoredEntry) -> OpenedResource:
    if stored.resource is None or stored.stored is None:
        raise Refused(problem_for(item, f"{stored.unreadable}: cannot be shown"))
    unrepresentable = tuple(stored.kind.unrepresentable(stored.stored))
    entry = stored.entry
    return OpenedResource(item.identifier, entry.key, stored.resource, entry.mod_revision, unrepresentable)


def parse_edited(path: str, opened: Sequence[OpenedResource]) -> LoadedManifests:
    """Load the edited text of opened resources.

    Raises:
        InvalidManifest: the text is not valid, or contains other resources.
    """
    manifests = load_resources([path], recursive=False, options=LoadOptions(defer_problems=True))
    if problems := list(_unexpected_resources(path, manifests.resources, opened)):
        raise InvalidManifest(problems)
    by_name = {each.resource.identifier: each for each in opened}
    if problems := [
        problem
        for item in manifests.resources
        for problem in problems_of_changes(item, by_name[item.identifier].resource)
    ]:
        raise InvalidManifest(problems, manifests.warnings)
    resources = (
        replace(item, identifier=before.requested_identifier, revision=before.revision, deferred_problems=())
        for item in manifests.resources
        for before in [by_name[item.identifier]]
    )
    return LoadedManifests(tuple(resources), manifests.warnings)


def _unexpected_resources(
    path: str, resources: Sequence[LocatedResource], opened: Sequence[OpenedResource]
) -> Iterator[Problem]:
    """Yield a problem for each resource that was not opened, and for each that is missing."""
    names = [each.resource.identifier for each in opened]
    known = " and ".join(map(str, names))
    for item in resources:
        if item.identifier not in names:
            message = f"was not opened, {known} was: edit cannot rename or add resources ({RENAME_HINT})"
            yield Problem(item.position or Position(path), str(item.identifier), "", message)
    present = {item.identifier for item in resources}
    if len(resources) < len(names):
        for name in names:
            if name not in present:
                yield Problem(Position(path), str(name), "", "is missing (calicoctl delete deletes a resource)")


def plan_save(
    context: PlanContext,
    resources: Iterable[LocatedResource],
    opened: Sequence[OpenedResource],
    *,
    force: bool = False,
) -> WritePlan:
    """Plan to write edited resources. A resource that has changed since it was opened is a conflict."""
    by_name = {each.requested_identifier: each for each in opened}

    def modify(item: LocatedResource, stored: StoredEntry, resource: Resource) -> Modification:
        before = by_name[item.identifier]
        if stored.entry.mod_revision == before.revision:
            return Modification(replace(item, identifier=before.resource.identifier))
        fields = ", ".join(changed_fields(before.resource, resource))
        revisions = f"opened at revision {before.revision}, now at revision {stored.entry.mod_revision}"
        conflict = problem_for(item, f"another client has changed it: {revisions} (changed: {fields})")
        return Modification(None, WritePlan(conflicts=(conflict,)))

    return plan_modify(context, resources, modify, force=force)


def opened_ranges(opened: Sequence[OpenedResource]) -> list[Range]:
    """Return the ranges that `plan_save` needs."""
    return [Range(each.key) for each in opened]
