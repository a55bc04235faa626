"""CAL011: endpoints without a policy and without a profile."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.evaluation.stages import resolve_stages
from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.policy_set import DIRECTIONS


def find(context: LintContext) -> Iterator[Issue]:
    """Report endpoints with a direction that neither a policy nor a profile applies to."""
    for endpoint_class, endpoints in context.endpoints_by_class.items():
        undecided = [
            direction
            for direction in DIRECTIONS
            if all(
                stage.kind in {"untracked", "preDNAT"}
                for stage in resolve_stages(endpoint_class.effective_policies, context.policy_set.profiles, direction)
            )
        ]
        if not undecided:
            continue
        both = len(undecided) > 1
        cause = "no policy selects it" if both else f"no policy applies to its {undecided[0]}"
        message = f"{cause} and it has no profile: the agent denies all of its {'traffic' if both else undecided[0]}"
        yield from (Issue(endpoint.origin, (), message) for endpoint in endpoints if endpoint.origin)
