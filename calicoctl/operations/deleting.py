"""delete: resources go, unless something still names them."""

from __future__ import annotations

from calicoctl.datastore import Write
from calicoctl.kinds.node import NODE
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.lookup import Found
from calicoctl.operations.outcome import Action, Outcome
from calicoctl.operations.references import endpoints_of_profile, guards_of_references, references_to_node
from calicoctl.operations.writing import Plan, Step, about, several, staleness
from calicoctl.resource import Located


def deleting(*, skip_not_exists: bool = False, raw: bool = False, cascade: bool = False) -> Step:
    """Delete what has to be there.

    Args:
        skip_not_exists: pass over what is not there.
        raw: whether names of the store count as well.
        cascade: delete what still names a node along with it.
    """

    def step(plan: Plan, item: Located) -> None:
        hits = plan.view.named(item.identifier) if raw else plan.view.stored(item.identifier)
        if len(hits) > 1:
            plan.conflicts.append(about(item, several(hits)))
        elif stale := staleness(plan, item, hits[0] if hits else None):
            plan.conflicts.append(about(item, stale))
        elif hits:
            _delete(plan, item, hits[0])
            _mind_references(plan, item, cascade=cascade)
        elif skip_not_exists:
            plan.outcomes.append(Outcome(item.identifier, Action.SKIPPED, item.position))
        else:
            plan.conflicts.append(about(item, "does not exist (--skip-not-exists passes over it)"))

    return step


def _delete(plan: Plan, item: Located, hit: Found) -> None:
    plan.writes.append(Write(hit.entry.key, None, hit.entry.revision))
    plan.outcomes.append(Outcome(item.identifier, Action.DELETED, item.position))


def _mind_references(plan: Plan, item: Located, *, cascade: bool) -> None:
    """A node takes nothing with it unawares; a profile leaves its endpoints without rules and labels."""
    if item.identifier.kind == PROFILE.name:
        plan.checks.append(lambda: _warn_of_endpoints(plan, item))
    if item.identifier.kind == NODE.name:
        index = len(plan.outcomes) - 1
        plan.checks.append(lambda: _settle_node(plan, item, index, cascade=cascade))


def _warn_of_endpoints(plan: Plan, item: Located) -> None:
    """Once all deletions are planned: endpoints that stay and name the profile."""
    deleted = _deleted(plan)
    count = sum(hit.entry.key not in deleted for hit in endpoints_of_profile(item.identifier, plan.view))
    if count:
        plan.warnings.append(
            about(item, f"{count} endpoint still names it" if count == 1 else f"{count} endpoints still name it")
        )


def _deleted(plan: Plan) -> set[str]:
    return {write.key for write in plan.writes if write.value is None}


def _settle_node(plan: Plan, item: Located, index: int, *, cascade: bool) -> None:
    """Once all deletions are planned: what else names the node goes along, or stands in the way."""
    deleted = _deleted(plan)
    plan.unused += guards_of_references([item.identifier], plan.revision)
    left = [found for found in references_to_node(item.identifier, plan.view) if found.entry.key not in deleted]
    if cascade:
        plan.writes += (found.deletion for found in left)
        along = tuple(f"with {found.name}" for found in left)
        plan.outcomes[index] = Outcome(item.identifier, Action.DELETED, item.position, along)
    elif left:
        plan.conflicts.append(about(item, "is still named by what follows (--cascade deletes exactly that)"))
        plan.conflicts += (f"  {found.name}" for found in left)
