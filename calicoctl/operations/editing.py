"""edit: resources as they are opened, and what a person has made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calicoctl.datastore import Range
from calicoctl.errors import Conflict, InvalidManifest, Position, Problem, Refused
from calicoctl.operations.intake import Intake, read_manifests
from calicoctl.operations.lookup import Found, View, ranges_for
from calicoctl.operations.rewriting import RENAMING, rewriting
from calicoctl.operations.rivalry import differing
from calicoctl.operations.state import RANGES, state_of
from calicoctl.operations.writing import Plan, Step, about, several
from calicoctl.resource import Identifier, Located, Resource

if TYPE_CHECKING:
    from calicoctl.datastore.client import Datastore


@dataclass(frozen=True)
class Opened:
    """A resource as it was when its text was opened."""

    asked: Identifier
    """The name that was asked for; it may be the one in the store."""
    key: str
    resource: Resource
    revision: int
    beyond: tuple[str, ...]
    """What the object says that v1 can't."""

    def with_revision(self) -> Resource:
        """The resource with its revision, which guards a later write."""
        return replace(self.resource, metadata={**self.resource.metadata, "resourceVersion": str(self.revision)})


def open_resources(datastore: Datastore, located: Sequence[Located]) -> tuple[Opened, ...]:
    """The resources that are named, to be changed as text.

    Raises:
        Conflict: one does not exist, or a name means more than one.
        Refused: the datastore is locked, or an object can't be read.
    """
    snapshot = datastore.read([*RANGES, *dict.fromkeys(ranges_for([item.identifier for item in located]))])
    state_of(snapshot).check_unlocked()
    view = View(entry for entries in snapshot.found for entry in entries)
    conflicts: list[Problem] = []
    opened: dict[str, Opened] = {}
    for item in located:
        hits = view.named(item.identifier)
        if len(hits) != 1:
            conflicts.append(
                about(item, several(hits) if hits else "does not exist (use apply or create to create it)")
            )
        else:
            opened.setdefault(hits[0].entry.key, _opened(item, hits[0]))
    if conflicts:
        raise Conflict(*conflicts)
    return tuple(opened.values())


def _opened(item: Located, hit: Found) -> Opened:
    if hit.resource is None or hit.stored is None:
        raise Refused(about(item, f"{hit.entry.key} {hit.fault}: it can't be shown"))
    beyond = tuple(hit.kind.beyond(hit.stored))
    return Opened(item.identifier, hit.entry.key, hit.resource, hit.entry.revision, beyond)


def take_back(path: str, opened: Sequence[Opened]) -> Intake:
    """What the text in a file makes of the resources that were opened.

    Raises:
        InvalidManifest: it is not valid, or is not about these resources.
    """
    intake = read_manifests([path], recursive=False)
    if problems := list(_strangers(path, intake.located, opened)):
        raise InvalidManifest(problems)
    by_name = {one.resource.identifier: one for one in opened}
    located = tuple(
        replace(item, identifier=by_name[item.identifier].asked, revision=by_name[item.identifier].revision)
        for item in intake.located
    )
    return Intake(located, intake.warnings)


def _strangers(path: str, located: Sequence[Located], opened: Sequence[Opened]) -> Iterator[Problem]:
    """Problems for resources that were not opened, and for those that are missing."""
    names = [one.resource.identifier for one in opened]
    known = " and ".join(map(str, names))
    for item in located:
        if item.identifier not in names:
            message = f"was not opened, {known} was: edit can't rename, and adds nothing ({RENAMING})"
            yield Problem(item.position or Position(path), str(item.identifier), "", message)
    there = {item.identifier for item in located}
    if len(located) < len(names):
        for name in names:
            if name not in there:
                yield Problem(Position(path), str(name), "", "is not there any more (delete deletes a resource)")


def saving(opened: Sequence[Opened], *, force: bool = False) -> Step:
    """Write what was made of the resources, if they are still as they were opened."""
    by_name = {one.asked: one for one in opened}

    def change(plan: Plan, item: Located, hit: Found) -> Located | None:
        before = by_name[item.identifier]
        if hit.entry.revision != before.revision and hit.resource:
            fields = ", ".join(differing(before.resource, hit.resource))
            revisions = f"opened at revision {before.revision}, now at revision {hit.entry.revision}"
            plan.conflicts.append(about(item, f"somebody else has changed it: {revisions} ({fields} differ)"))
            return None
        return replace(item, identifier=before.resource.identifier)

    return rewriting(change, force=force)


def ranges_of(opened: Sequence[Opened]) -> list[Range]:
    """Where the resources are stored, to be read again."""
    return [Range(one.key) for one in opened]
