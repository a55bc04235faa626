"""replace: update resources that must exist."""

from __future__ import annotations

from calicoctl.operations.write.outcome import Action
from calicoctl.operations.write.put import PutOptions, find_existing, plan_put
from calicoctl.operations.write.run import PlanStep, WritePlan, problem_for
from calicoctl.resource import LocatedResource


def replace_step(*, force: bool = False) -> PlanStep:
    """Change what has to be there."""

    def step(plan: WritePlan, item: LocatedResource) -> None:
        if existing := find_existing(plan, item):
            plan_put(plan, item, existing, PutOptions(Action.REPLACED, force))
        else:
            plan.conflicts.append(problem_for(item, "does not exist (use apply or create to create it)"))

    return step
