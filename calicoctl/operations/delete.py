"""delete: resources go, unless something still names them."""

from __future__ import annotations

from calicoctl.datastore import Write
from calicoctl.kinds.node import NODE
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.read.lookup import StoredEntry
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.references import endpoints_of_profile, reference_guards, references_to_node
from calicoctl.operations.write.run import PlanStep, WritePlan, ambiguous_message, problem_for, stale_reason
from calicoctl.resource import LocatedResource


def delete_step(*, skip_not_exists: bool = False, raw_names: bool = False, cascade: bool = False) -> PlanStep:
    """Delete what has to be there.

    Args:
        skip_not_exists: pass over what is not there.
        raw_names: whether names of the store count as well.
        cascade: delete what still names a node along with it.
    """

    def step(plan: WritePlan, item: LocatedResource) -> None:
        hits = plan.view.entries_named(item.identifier) if raw_names else plan.view.stored_entries(item.identifier)
        if len(hits) > 1:
            plan.conflicts.append(problem_for(item, ambiguous_message(hits)))
        elif reason := stale_reason(plan, item, hits[0] if hits else None):
            plan.conflicts.append(problem_for(item, reason))
        elif hits:
            _delete(plan, item, hits[0])
            _check_references(plan, item, cascade=cascade)
        elif skip_not_exists:
            plan.outcomes.append(Outcome(item.identifier, Action.SKIPPED, item.position))
        else:
            plan.conflicts.append(problem_for(item, "does not exist (--skip-not-exists passes over it)"))

    return step


def _delete(plan: WritePlan, item: LocatedResource, hit: StoredEntry) -> None:
    plan.writes.append(Write(hit.entry.key, None, hit.entry.mod_revision))
    plan.outcomes.append(Outcome(item.identifier, Action.DELETED, item.position))


def _check_references(plan: WritePlan, item: LocatedResource, *, cascade: bool) -> None:
    """A node takes nothing with it unawares; a profile leaves its endpoints without rules and labels."""
    if item.identifier.kind == PROFILE.name:
        plan.final_checks.append(lambda: _warn_endpoints(plan, item))
    if item.identifier.kind == NODE.name:
        index = len(plan.outcomes) - 1
        plan.final_checks.append(lambda: _plan_node_delete(plan, item, index, cascade=cascade))


def _warn_endpoints(plan: WritePlan, item: LocatedResource) -> None:
    """Once all deletions are planned: endpoints that stay and name the profile."""
    deleted = _deleted_keys(plan)
    count = sum(hit.entry.key not in deleted for hit in endpoints_of_profile(item.identifier, plan.view))
    if count:
        plan.warnings.append(
            problem_for(item, f"{count} endpoint still names it" if count == 1 else f"{count} endpoints still name it")
        )


def _deleted_keys(plan: WritePlan) -> set[str]:
    return {write.key for write in plan.writes if write.value is None}


def _plan_node_delete(plan: WritePlan, item: LocatedResource, outcome_index: int, *, cascade: bool) -> None:
    """Once all deletions are planned: what else names the node goes along, or stands in the way."""
    deleted = _deleted_keys(plan)
    plan.unreferenced_guards += reference_guards([item.identifier], plan.revision)
    remaining = [found for found in references_to_node(item.identifier, plan.view) if found.entry.key not in deleted]
    if cascade:
        plan.writes += (found.deletion for found in remaining)
        notes = tuple(f"with {found.name}" for found in remaining)
        plan.outcomes[outcome_index] = Outcome(item.identifier, Action.DELETED, item.position, notes)
    elif remaining:
        plan.conflicts.append(problem_for(item, "is still named by what follows (--cascade deletes exactly that)"))
        plan.conflicts += (f"  {found.name}" for found in remaining)
