"""Implementation of `apply`: create missing resources, update existing ones."""

from __future__ import annotations

from collections.abc import Iterable

from calicoctl.operations.write.outcome import Action
from calicoctl.operations.write.plan import PlanContext, WritePlan
from calicoctl.operations.write.put import PutOptions, find_existing, plan_put
from calicoctl.resource import LocatedResource


def plan_apply(
    context: PlanContext, resources: Iterable[LocatedResource], *, force: bool = False, set_name: str | None = None
) -> WritePlan:
    """Plan to create missing resources and to update existing ones.

    Args:
        context: the contents of the datastore.
        resources: the resources.
        force: whether to write even if fields that v1 cannot represent are lost, or a resource changes its set.
        set_name: set to add the resources to; None adds them to no set.
    """

    def plan_one(item: LocatedResource) -> WritePlan:
        existing, warnings = find_existing(context, item)
        action = Action.CONFIGURED if existing else Action.CREATED
        options = PutOptions(action, force, join_set=set_name)
        return WritePlan.combine([warnings, plan_put(context, item, existing, options)])

    return WritePlan.combine(map(plan_one, resources))
