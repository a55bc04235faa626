"""apply: create the resources that do not exist, update those that do."""

from __future__ import annotations

from calicoctl.operations.write.outcome import Action
from calicoctl.operations.write.put import PutOptions, find_existing, plan_put
from calicoctl.operations.write.run import PlanStep, WritePlan
from calicoctl.resource import LocatedResource


def apply_step(*, force: bool = False, set_name: str | None = None) -> PlanStep:
    """Create what is not there and change what is; `set_name` is the set that all of it becomes a member of."""

    def step(plan: WritePlan, item: LocatedResource) -> None:
        existing = find_existing(plan, item)
        action = Action.CONFIGURED if existing else Action.CREATED
        plan_put(plan, item, existing, PutOptions(action, force, set_name=set_name))

    return step
