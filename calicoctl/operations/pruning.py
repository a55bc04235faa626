"""Pruning: the members of a set that a manifest does not have any more are deleted along with the writes."""

from __future__ import annotations

from calicoctl.datastore import Range, Write
from calicoctl.kinds import KINDS
from calicoctl.kinds.membership import set_of
from calicoctl.kinds.node import NODE
from calicoctl.kinds.profile import PROFILE
from calicoctl.operations.lookup import Found, View
from calicoctl.operations.outcome import Action, Outcome
from calicoctl.operations.references import (
    endpoints_of_profile,
    guards_of_references,
    ranges_of_references,
    references_to_node,
)
from calicoctl.operations.writing import Plan, Step
from calicoctl.resource import Identifier, Located


def ranges_of_sets() -> list[Range]:
    """What to read besides, to know all members of a set and what uses them."""
    identifiers = [Identifier(kind.name, ()) for kind in (PROFILE, NODE)]
    everything = [Range(kind.stored_as.prefix, prefix=True) for kind in KINDS]
    return list(dict.fromkeys([*everything, *ranges_of_references(identifiers)]))


def members(view: View, name: str) -> list[Found]:
    """Every object that belongs to a set, in the order of kinds and keys."""
    hits = (hit for kind in KINDS for hit in view.all_of(kind))
    return [hit for hit in hits if hit.stored and set_of(hit.stored) == name]


def pruning(step: Step, last: Located, name: str, most: int) -> Step:
    """The step, and once it is planned for the last resource the deletion of what else is in the set, up to `most`.

    A profile that an endpoint uses is kept, and so is a node that something names: nothing is pruned that is in use.
    """

    def with_pruning(plan: Plan, item: Located) -> None:
        step(plan, item)
        if item is last:
            plan.checks.append(lambda: _prune(plan, name, most))

    return with_pruning


def _prune(plan: Plan, name: str, most: int) -> None:
    applied = {outcome.key for outcome in plan.outcomes}
    gone = [hit for hit in members(plan.view, name) if hit.entry.key not in applied]
    after = plan.after({hit.entry.key for hit in gone})
    uses = [_uses(hit, after) for hit in gone]
    doomed = [hit for hit, used in zip(gone, uses, strict=True) if not used]
    names = [str(hit.resource.identifier) for hit in doomed if hit.resource]
    if len(doomed) > most:
        plan.refusals.append(f"{len(doomed)} resources of set {name!r} would be pruned, --prune-max allows {most}:")
        plan.refusals += (f"  {text}" for text in names)
        return
    if names:
        plan.announcements.append(f"pruning of set {name!r}: {', '.join(names)}")
    plan.unused += guards_of_references((hit.resource.identifier for hit in doomed if hit.resource), plan.revision)
    for hit, used in zip(gone, uses, strict=True):
        if not used:
            plan.writes.append(Write(hit.entry.key, None, hit.entry.revision))
        _report(plan, hit, used)


def _report(plan: Plan, hit: Found, used: str) -> None:
    assert hit.resource is not None  # noqa: S101 - members have an object
    notes = (used,) if used else ()
    action = Action.KEPT if used else Action.PRUNED
    plan.outcomes.append(Outcome(hit.resource.identifier, action, notes=notes, key=hit.entry.key))


def _uses(hit: Found, after: View) -> str:
    """What will still use a resource, in words."""
    assert hit.resource is not None  # noqa: S101 - members have an object
    users = users_of(hit.resource.identifier, after)
    more = f" and {len(users) - 1} more" if len(users) > 1 else ""
    return f"used by {users[0]}{more}" if users else ""


def users_of(identifier: Identifier, view: View) -> list[str]:
    """What keeps a resource from being pruned: the endpoints of a profile, and whatever names a node."""
    if identifier.kind == PROFILE.name:
        return [str(user.resource.identifier) for user in endpoints_of_profile(identifier, view) if user.resource]
    if identifier.kind == NODE.name:
        return [reference.name for reference in references_to_node(identifier, view)]
    return []
