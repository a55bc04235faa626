"""Implementation of `apply --prune`: delete the members of a set that the manifests no longer contain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.datastore import Range, Write
from calicoctl.errors import Problem
from calicoctl.kinds import KINDS
from calicoctl.kinds.node import NODE
from calicoctl.kinds.profile import PROFILE
from calicoctl.name_list import count_noun, join_limited
from calicoctl.operations.apply import plan_apply
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.read.query import kind_ranges
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import PlanContext, WritePlan, view_after_writes
from calicoctl.operations.write.references import reference_guards, reference_ranges, references_to
from calicoctl.resource import Identifier, LocatedResource

if TYPE_CHECKING:
    from calicoctl.operations.load.manifests import SkippedManifests


def set_ranges() -> list[Range]:
    """Return the ranges of all members of a set and of the references to them."""
    identifiers = [Identifier(kind.name, ()) for kind in (PROFILE, NODE)]
    return list(dict.fromkeys([*kind_ranges(KINDS), *reference_ranges(identifiers)]))


class PruneOptions(NamedTuple):
    """Options of pruning."""

    set_name: str
    """Set whose members are deleted."""
    limit: int
    """Maximum number of resources to delete. The write of more is refused."""
    skipped: SkippedManifests | None = None
    """Contents of manifests that were not read. A write that deletes one of these resources is refused."""


def plan_apply_and_prune(
    context: PlanContext, resources: Iterable[LocatedResource], options: PruneOptions, *, force: bool
) -> WritePlan:
    """Plan to apply resources to a set, and to delete its other members.

    A profile that an endpoint uses is kept, and so is a node that is referred to.

    Args:
        context: the contents of the datastore, with `set_ranges`.
        resources: the resources of the set.
        options: the set, and the limits of pruning.
        force: as for `plan_apply`.
    """
    applied = plan_apply(context, resources, force=force, set_name=options.set_name)
    return WritePlan.combine([applied, plan_prune(context, applied, options)])


def plan_prune(context: PlanContext, applied: WritePlan, options: PruneOptions) -> WritePlan:
    """Plan to delete the members of a set that a plan does not write or leave unchanged.

    The arguments are those of `plan_apply_and_prune`.
    """
    applied_keys = {outcome.key for outcome in applied.outcomes}
    candidates = [each for each in _set_members(context.view, options.set_name) if each[1].key not in applied_keys]
    view_after = view_after_writes(context.view, applied.writes, {write.key for _, write in candidates})
    users = {identifier: _describe_users(identifier, view_after) for identifier, _ in candidates}
    to_prune = [identifier for identifier, _ in candidates if not users[identifier]]
    if refusals := tuple(_refused_deletions(to_prune, options)):
        return WritePlan(refusals=refusals)
    return WritePlan(
        writes=tuple(write for identifier, write in candidates if not users[identifier]),
        reference_guards=reference_guards(to_prune, context.revision),
        outcomes=tuple(
            Outcome(identifier, Action.KEPT, notes=(users[identifier],), key=write.key)
            if users[identifier]
            else Outcome(identifier, Action.PRUNED, key=write.key)
            for identifier, write in candidates
        ),
        announcements=(prune_announcement(options.set_name, to_prune),) if to_prune else (),
    )


def prune_announcement(set_name: str, identifiers: Sequence[Identifier]) -> str:
    """Return the text to print before resources are deleted."""
    return f"pruning of set {set_name!r}: {', '.join(map(str, identifiers))}"


def _refused_deletions(to_prune: Sequence[Identifier], options: PruneOptions) -> Iterator[str | Problem]:
    """Yield the reasons to refuse the deletion of resources."""
    for identifier in to_prune:
        if options.skipped and (position := options.skipped.resources.get(identifier)):
            message = (
                "would be pruned, but this manifest in a subdirectory has it (use -R, or name the directory with -f)"
            )
            yield Problem(position, str(identifier), "", message)
    for position in options.skipped.unidentified if options.skipped and to_prune else ():
        message = f"this manifest in a subdirectory has an error, and can have {to_prune[0]}, which would be pruned"
        yield Problem(position, "", "", f"{message} (correct it, and use -R)")
    if len(to_prune) > options.limit:
        resources = count_noun(len(to_prune), "resource")
        yield f"{resources} of set {options.set_name!r} would be pruned, --prune-max allows {options.limit}:"
        yield from (f"  {identifier}" for identifier in to_prune)


def _set_members(view: StoreView, name: str) -> list[tuple[Identifier, Write]]:
    """Return the members of a set, each with the write that deletes it, in the order of kinds and keys."""
    return [
        (member.resource.identifier, Write(member.entry.key, None, member.entry.mod_revision))
        for kind in KINDS
        for member in view.entries_of_kind(kind)
        if member.resource and member.resource.set_name == name
    ]


def _describe_users(identifier: Identifier, view_after: StoreView) -> str:
    """Return a note with the remaining users of a resource, empty if there are none."""
    users = references_to(identifier, view_after)
    return f"used by {join_limited([user.name for user in users], 1)}" if users else ""
