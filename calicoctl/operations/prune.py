"""Pruning: the members of a set that a manifest does not have any more are deleted along with the writes."""

from __future__ import annotations

from calicoctl.datastore import Range, Write
from calicoctl.kinds import KINDS
from calicoctl.kinds.node import NODE
from calicoctl.kinds.profile import PROFILE
from calicoctl.kinds.values.set_membership import set_name
from calicoctl.operations.read.lookup import StoredEntry, StoreView
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.references import (
    endpoints_of_profile,
    reference_guards,
    reference_ranges,
    references_to_node,
)
from calicoctl.operations.write.run import PlanStep, WritePlan
from calicoctl.resource import Identifier, LocatedResource


def set_ranges() -> list[Range]:
    """What to read besides, to know all members of a set and what uses them."""
    identifiers = [Identifier(kind.name, ()) for kind in (PROFILE, NODE)]
    everything = [Range(kind.stored_kind.prefix, prefix=True) for kind in KINDS]
    return list(dict.fromkeys([*everything, *reference_ranges(identifiers)]))


def set_members(view: StoreView, name: str) -> list[StoredEntry]:
    """Every object that belongs to a set, in the order of kinds and keys."""
    hits = (hit for kind in KINDS for hit in view.entries_of_kind(kind))
    return [hit for hit in hits if hit.stored and set_name(hit.stored) == name]


def prune_step(step: PlanStep, last: LocatedResource, name: str, limit: int) -> PlanStep:
    """The step, and once it is planned for the last resource the deletion of what else is in the set, up to `limit`.

    A profile that an endpoint uses is kept, and so is a node that something names: nothing is pruned that is in use.
    """

    def step_and_prune(plan: WritePlan, item: LocatedResource) -> None:
        step(plan, item)
        if item is last:
            plan.final_checks.append(lambda: _plan_prune(plan, name, limit))

    return step_and_prune


def _plan_prune(plan: WritePlan, name: str, limit: int) -> None:
    applied_keys = {outcome.key for outcome in plan.outcomes}
    candidates = [hit for hit in set_members(plan.view, name) if hit.entry.key not in applied_keys]
    view_after = plan.view_after({hit.entry.key for hit in candidates})
    users = [_describe_users(hit, view_after) for hit in candidates]
    to_prune = [hit for hit, used in zip(candidates, users, strict=True) if not used]
    names = [str(hit.resource.identifier) for hit in to_prune if hit.resource]
    if len(to_prune) > limit:
        plan.refusals.append(f"{len(to_prune)} resources of set {name!r} would be pruned, --prune-max allows {limit}:")
        plan.refusals += (f"  {text}" for text in names)
        return
    if names:
        plan.announcements.append(f"pruning of set {name!r}: {', '.join(names)}")
    plan.unreferenced_guards += reference_guards(
        (hit.resource.identifier for hit in to_prune if hit.resource), plan.revision
    )
    for hit, used in zip(candidates, users, strict=True):
        if not used:
            plan.writes.append(Write(hit.entry.key, None, hit.entry.mod_revision))
        _add_outcome(plan, hit, used)


def _add_outcome(plan: WritePlan, hit: StoredEntry, user: str) -> None:
    assert hit.resource is not None  # noqa: S101 - members have an object
    notes = (user,) if user else ()
    action = Action.KEPT if user else Action.PRUNED
    plan.outcomes.append(Outcome(hit.resource.identifier, action, notes=notes, key=hit.entry.key))


def _describe_users(hit: StoredEntry, view_after: StoreView) -> str:
    """What will still use a resource, in words."""
    assert hit.resource is not None  # noqa: S101 - members have an object
    users = references_to(hit.resource.identifier, view_after)
    more = f" and {len(users) - 1} more" if len(users) > 1 else ""
    return f"used by {users[0]}{more}" if users else ""


def references_to(identifier: Identifier, view: StoreView) -> list[str]:
    """What keeps a resource from being pruned: the endpoints of a profile, and whatever names a node."""
    if identifier.kind == PROFILE.name:
        return [str(user.resource.identifier) for user in endpoints_of_profile(identifier, view) if user.resource]
    if identifier.kind == NODE.name:
        return [reference.name for reference in references_to_node(identifier, view)]
    return []
