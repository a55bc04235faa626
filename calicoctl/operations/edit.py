"""edit: resources as they are opened, and what a person has made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calicoctl.datastore import Range
from calicoctl.errors import Conflict, InvalidManifest, Position, Problem, Refused
from calicoctl.operations.load.manifests import LoadedManifests, load_resources
from calicoctl.operations.read.lookup import StoredEntry, StoreView, identifier_ranges
from calicoctl.operations.write.cluster import STATE_RANGES, state_from_snapshot
from calicoctl.operations.write.conflicts import changed_fields
from calicoctl.operations.write.modify import RENAME_HINT, modify_step
from calicoctl.operations.write.run import PlanStep, WritePlan, ambiguous_message, problem_for
from calicoctl.resource import Identifier, LocatedResource, Resource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


@dataclass(frozen=True)
class OpenedResource:
    """A resource as it was when its text was opened."""

    requested_identifier: Identifier
    """The name that was asked for; it may be the one in the store."""
    key: str
    resource: Resource
    revision: int
    unrepresentable: tuple[str, ...]
    """What the object says that v1 can't."""

    def with_revision(self) -> Resource:
        """The resource with its revision, which guards a later write."""
        return replace(self.resource, metadata={**self.resource.metadata, "resourceVersion": str(self.revision)})


def open_resources(datastore: Datastore, resources: Sequence[LocatedResource]) -> tuple[OpenedResource, ...]:
    """The resources that are named, to be changed as text.

    Raises:
        Conflict: one does not exist, or a name means more than one.
        Refused: the datastore is locked, or an object can't be read.
    """
    snapshot = datastore.read(
        [*STATE_RANGES, *dict.fromkeys(identifier_ranges([item.identifier for item in resources]))]
    )
    state_from_snapshot(snapshot).check_unlocked()
    view = StoreView(entry for entries in snapshot.entries_by_range for entry in entries)
    conflicts: list[Problem] = []
    opened: dict[str, OpenedResource] = {}
    for item in resources:
        hits = view.entries_named(item.identifier)
        if len(hits) != 1:
            conflicts.append(
                problem_for(
                    item, ambiguous_message(hits) if hits else "does not exist (use apply or create to create it)"
                )
            )
        else:
            opened.setdefault(hits[0].entry.key, _open(item, hits[0]))
    if conflicts:
        raise Conflict(*conflicts)
    return tuple(opened.values())


def _open(item: LocatedResource, hit: StoredEntry) -> OpenedResource:
    if hit.resource is None or hit.stored is None:
        raise Refused(problem_for(item, f"{hit.entry.key} {hit.decode_error}: it can't be shown"))
    unrepresentable = tuple(hit.kind.unrepresentable(hit.stored))
    return OpenedResource(item.identifier, hit.entry.key, hit.resource, hit.entry.mod_revision, unrepresentable)


def parse_edited(path: str, opened: Sequence[OpenedResource]) -> LoadedManifests:
    """What the text in a file makes of the resources that were opened.

    Raises:
        InvalidManifest: it is not valid, or is not about these resources.
    """
    manifests = load_resources([path], recursive=False)
    if problems := list(_unexpected_resources(path, manifests.resources, opened)):
        raise InvalidManifest(problems)
    by_name = {resource.resource.identifier: resource for resource in opened}
    resources = tuple(
        replace(
            item, identifier=by_name[item.identifier].requested_identifier, revision=by_name[item.identifier].revision
        )
        for item in manifests.resources
    )
    return LoadedManifests(resources, manifests.warnings)


def _unexpected_resources(
    path: str, resources: Sequence[LocatedResource], opened: Sequence[OpenedResource]
) -> Iterator[Problem]:
    """Problems for resources that were not opened, and for those that are missing."""
    names = [resource.resource.identifier for resource in opened]
    known = " and ".join(map(str, names))
    for item in resources:
        if item.identifier not in names:
            message = f"was not opened, {known} was: edit can't rename, and adds nothing ({RENAME_HINT})"
            yield Problem(item.position or Position(path), str(item.identifier), "", message)
    present = {item.identifier for item in resources}
    if len(resources) < len(names):
        for name in names:
            if name not in present:
                yield Problem(Position(path), str(name), "", "is not there any more (delete deletes a resource)")


def save_step(opened: Sequence[OpenedResource], *, force: bool = False) -> PlanStep:
    """Write what was made of the resources, if they are still as they were opened."""
    by_name = {resource.requested_identifier: resource for resource in opened}

    def modify(plan: WritePlan, item: LocatedResource, hit: StoredEntry) -> LocatedResource | None:
        before = by_name[item.identifier]
        if hit.entry.mod_revision != before.revision and hit.resource:
            fields = ", ".join(changed_fields(before.resource, hit.resource))
            revisions = f"opened at revision {before.revision}, now at revision {hit.entry.mod_revision}"
            plan.conflicts.append(problem_for(item, f"somebody else has changed it: {revisions} ({fields} differ)"))
            return None
        return replace(item, identifier=before.resource.identifier)

    return modify_step(modify, force=force)


def opened_ranges(opened: Sequence[OpenedResource]) -> list[Range]:
    """Where the resources are stored, to be read again."""
    return [Range(resource.key) for resource in opened]
