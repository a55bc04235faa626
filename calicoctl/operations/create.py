"""Implementation of `create`: create resources that must not exist yet."""

from __future__ import annotations

from collections.abc import Iterable

from calicoctl.operations.read.lookup import problem_for
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.operations.write.put import PutOptions, find_existing, plan_put
from calicoctl.resource import LocatedResource


def plan_create(context: PlanContext, resources: Iterable[LocatedResource], *, skip_exists: bool = False) -> WritePlan:
    """Plan to create resources. An existing resource is a conflict, or is skipped with `skip_exists`."""

    def plan_one(item: LocatedResource) -> WritePlan:
        existing, warnings = find_existing(context, item)
        if not existing:
            plan = plan_put(context, item, None, PutOptions(Action.CREATED))
        elif skip_exists:
            plan = WritePlan(outcomes=(Outcome(item.identifier, Action.SKIPPED, item.position),))
        else:
            fix = "use apply or replace to change it, --skip-exists to leave it"
            plan = WritePlan(conflicts=(problem_for(item, f"exists already, as {existing.entry.key} ({fix})"),))
        return WritePlan.combine([warnings, plan])

    return WritePlan.combine(map(plan_one, resources))
