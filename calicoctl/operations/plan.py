"""Saved plan of `apply`: the resources, and the writes that are derived from them.

A plan contains no writes. They are computed from the resources that it shows, by the same planner as for `apply`: when
the plan is loaded, from the values that it was made from, and again when it is applied, from the datastore.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from calicoctl.datastore import Entry, Guard, Write
from calicoctl.errors import CalicoctlError
from calicoctl.kinds import kind_of_key
from calicoctl.operations.prune import prune_announcement
from calicoctl.operations.read.lookup import StoredEntry, StoreView, decode_entry
from calicoctl.operations.write.cluster import State
from calicoctl.operations.write.deferred_problems import check_deferred_problems
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.operations.write.put import PutOptions, plan_put
from calicoctl.operations.write.run import Preview
from calicoctl.printable import escape_unprintable
from calicoctl.resource import Identifier, LocatedResource

_PUT_ACTIONS = frozenset({Action.CREATED, Action.CONFIGURED})
"""Actions that write a resource of a manifest."""
_ACTIONS = _PUT_ACTIONS | {Action.UNCHANGED, Action.PRUNED, Action.KEPT}


class NotAPlanError(ValueError):
    """The contents of a file are not a plan that `apply` could have made."""


class PlannedResource(NamedTuple):
    """A resource of a plan."""

    outcome: Outcome
    revision: int
    """Revision of the key of the outcome; 0 if it does not exist."""
    before: bytes | None = None
    """Value that is replaced or deleted; None if there is none."""
    item: LocatedResource | None = None
    """The resource to write; None if it is unchanged, pruned or kept."""

    @property
    def entry(self) -> Entry | None:
        """The entry that is replaced or deleted."""
        return None if self.before is None else Entry(self.outcome.key, self.before, 0, self.revision)


class SavedPlan(NamedTuple):
    """Contents of a plan file."""

    cluster: str | None
    """GUID of the cluster that the plan was made for; None for a bare datastore."""
    legacy_layout: bool
    """Layout of new policies, see `State`."""
    set_name: str | None
    """Set that the resources join, and that is pruned."""
    force: bool
    resources: tuple[PlannedResource, ...]
    writes: tuple[Write, ...] = ()
    """Writes derived from the resources."""

    @classmethod
    def from_preview(
        cls, preview: Preview, resources: Sequence[LocatedResource], set_name: str | None, *, force: bool
    ) -> SavedPlan:
        """Return the contents of a planned write that are saved."""
        context, plan = preview.context, preview.plan
        items = {item.identifier: item for item in resources}
        planned = (_planned_resource(outcome, context.view, items) for outcome in plan.outcomes)
        state = context.state
        return cls(state.guid, state.legacy_layout, set_name, force, tuple(planned), plan.writes)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Outcomes of all resources."""
        return tuple(each.outcome for each in self.resources)

    @property
    def expected(self) -> tuple[Guard, ...]:
        """Guards of the revisions that the plan was made from."""
        changed = [each for each in self.resources if each.outcome.action is not Action.KEPT]
        return tuple(Guard(each.outcome.key, each.revision) for each in changed)

    @property
    def unchanged_guards(self) -> tuple[Guard, ...]:
        """Guards of resources that need no write."""
        unchanged = [each for each in self.resources if each.outcome.action is Action.UNCHANGED]
        return tuple(Guard(each.outcome.key, each.revision) for each in unchanged)

    @property
    def items(self) -> tuple[LocatedResource, ...]:
        """Resources to write."""
        return tuple(each.item for each in self.resources if each.item)

    @property
    def pruned(self) -> tuple[Identifier, ...]:
        """Resources to delete."""
        return tuple(outcome.identifier for outcome in self.outcomes if outcome.action is Action.PRUNED)

    @property
    def announcements(self) -> tuple[str, ...]:
        """Texts to print before the write."""
        return (prune_announcement(self.set_name, self.pruned),) if self.set_name and self.pruned else ()

    @property
    def view(self) -> StoreView:
        """View of the entries that the writes replace or delete."""
        return StoreView(filter(None, (each.entry for each in self.resources)))

    def with_derived_writes(self) -> SavedPlan:
        """Return the plan with the writes that its resources and the values that it was made from result in.

        Raises:
            NotAPlanError: a resource is not stored under its key, or the result is not the one that the plan shows.
        """
        for each in self.resources:
            _check_resource(each)
        try:
            check_deferred_problems(self.view, self.items)
            plans = [self._derive(each) for each in self.resources]
            plan = WritePlan.combine(plans)
            plan.check()
        except CalicoctlError as error:
            raise NotAPlanError("; ".join(error.lines)) from None
        keys = [outcome.key for outcome in self.outcomes]
        if len(set(keys)) < len(keys):
            raise NotAPlanError("has a key twice")
        return self._replace(writes=plan.writes)

    def _derive(self, planned: PlannedResource) -> WritePlan:
        """Return the plan of one resource; raise NotAPlanError if it does not have the outcome that is shown."""
        if planned.item is None:
            return plan_pruned(planned, self.view, self.set_name)
        context = PlanContext(State(None, None, self.legacy_layout), self.view)
        existing = _stored_entry(planned, planned.item.identifier)
        options = PutOptions(planned.outcome.action, self.force, join_set=self.set_name)
        plan = plan_put(context, planned.item, existing, options)
        if plan.outcomes and not is_shown_outcome(plan.outcomes[0], planned.outcome):
            raise NotAPlanError(f"{planned.outcome.identifier}: the plan does not do what it shows")
        return plan


def plan_pruned(planned: PlannedResource, view: StoreView, set_name: str | None) -> WritePlan:
    """Return the deletion of a pruned resource, or an empty plan for an unchanged or kept one.

    Raises:
        NotAPlanError: the resource is not a member of the set.
    """
    if planned.outcome.action is not Action.PRUNED:
        return WritePlan()
    kind, entry = kind_of_key(planned.outcome.key), view.entry(planned.outcome.key)
    resource = decode_entry(kind, entry).resource if kind and entry else None
    if resource is None or set_name is None or resource.set_name != set_name:
        raise NotAPlanError(f"{planned.outcome.identifier}: is not a member of the set that the plan prunes")
    return WritePlan(writes=(Write(planned.outcome.key, None, planned.revision),), outcomes=(planned.outcome,))


def is_shown_outcome(outcome: Outcome, shown: Outcome) -> bool:
    """Whether an outcome is the one that a plan shows."""
    return _shown_parts(outcome) == _shown_parts(shown)


def _shown_parts(outcome: Outcome) -> tuple[object, ...]:
    return outcome.identifier, outcome.action, outcome.key, tuple(map(escape_unprintable, outcome.notes))


def _planned_resource(
    outcome: Outcome, view: StoreView, items: Mapping[Identifier, LocatedResource]
) -> PlannedResource:
    entry = view.entry(outcome.key)
    revision, value = (entry.mod_revision, entry.value) if entry else (0, None)
    if outcome.action in _PUT_ACTIONS:
        return PlannedResource(outcome, revision, value, items[outcome.identifier])
    return PlannedResource(outcome, revision, value if outcome.action is Action.PRUNED else None)


def _check_resource(planned: PlannedResource) -> None:
    """Raise NotAPlanError for a combination of parts that `apply` does not make."""
    outcome = planned.outcome
    kind = kind_of_key(outcome.key)
    if kind is None or kind.name != outcome.identifier.kind:
        raise NotAPlanError(f"{outcome.identifier}: has a key of another kind")
    if outcome.action not in _ACTIONS or (planned.item is not None) != (outcome.action in _PUT_ACTIONS):
        raise NotAPlanError(f"{outcome.identifier}: has an impossible action")
    if (planned.revision == 0) != (outcome.action is Action.CREATED):
        raise NotAPlanError(f"{outcome.identifier}: has an impossible revision")
    if (planned.before is not None) != (outcome.action in {Action.CONFIGURED, Action.PRUNED}):
        raise NotAPlanError(f"{outcome.identifier}: has an impossible previous value")
    if planned.before is not None:
        _stored_entry(planned, outcome.identifier)


def _stored_entry(planned: PlannedResource, identifier: Identifier) -> StoredEntry | None:
    """Return the object that stores a resource; raise NotAPlanError if its key or its value is that of another one."""
    if planned.entry is None:
        return None
    entry = next(_stored_entries(planned.entry, identifier), None)
    if entry is None or entry.resource is None:
        raise NotAPlanError(f"{identifier}: is not stored as {escape_unprintable(planned.outcome.key)}")
    return entry


def _stored_entries(entry: Entry, identifier: Identifier) -> Iterator[StoredEntry]:
    yield from StoreView([entry]).stored_entries(identifier)
    kind = kind_of_key(entry.key)
    decoded = decode_entry(kind, entry) if kind else None
    if kind and kind.find_by_content and decoded and decoded.stored and decoded.resource:
        # The plan does not have the other object with the same identifier, see `StoreView.entries_of_kind`.
        resource = kind.identify_by_stored_name(decoded.stored, decoded.resource)
        if resource.identifier == identifier:
            yield replace(decoded, resource=resource)
