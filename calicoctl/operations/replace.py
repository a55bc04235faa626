"""Implementation of `replace`: update resources that must exist."""

from __future__ import annotations

from collections.abc import Iterable

from calicoctl.operations.read.lookup import MISSING_MESSAGE, problem_for
from calicoctl.operations.write.outcome import Action
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.operations.write.put import PutOptions, find_existing, plan_put
from calicoctl.resource import LocatedResource


def plan_replace(context: PlanContext, resources: Iterable[LocatedResource], *, force: bool = False) -> WritePlan:
    """Plan to update resources. A missing resource is a conflict."""

    def plan_one(item: LocatedResource) -> WritePlan:
        existing, warnings = find_existing(context, item)
        if not existing:
            return WritePlan(conflicts=(problem_for(item, MISSING_MESSAGE),))
        return WritePlan.combine([warnings, plan_put(context, item, existing, PutOptions(Action.REPLACED, force))])

    return WritePlan.combine(map(plan_one, resources))
