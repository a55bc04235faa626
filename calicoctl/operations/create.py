"""create: create resources that must not exist yet."""

from __future__ import annotations

from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.put import PutOptions, find_existing, plan_put
from calicoctl.operations.write.run import PlanStep, WritePlan, problem_for
from calicoctl.resource import LocatedResource


def create_step(*, skip_exists: bool = False) -> PlanStep:
    """Create what must not be there yet."""

    def step(plan: WritePlan, item: LocatedResource) -> None:
        if not (existing := find_existing(plan, item)):
            plan_put(plan, item, None, PutOptions(Action.CREATED))
        elif skip_exists:
            plan.outcomes.append(Outcome(item.identifier, Action.SKIPPED, item.position))
        else:
            fix = "use apply or replace to change it, --skip-exists to leave it"
            plan.conflicts.append(problem_for(item, f"exists already, as {existing.entry.key} ({fix})"))

    return step
