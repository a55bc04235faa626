"""First-match evaluation for all labels of an endpoint that does not exist yet, as a diagram of allowed services.

The rules are evaluated backwards: what a rule does not decide is decided by what follows it. Policies without a
matching rule only matter because undecided traffic is denied if any policy applies, so that few policies are evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from calicoctl.analysis.exposure.decision_diagram import Diagram, DiagramBuilder, choose
from calicoctl.analysis.exposure.service_diagrams import add_services, common_services, remove_services
from calicoctl.analysis.model.policy_set import RuleAction
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet


class SymbolicRule(NamedTuple):
    """Rule that matches some services for some labels."""

    action: RuleAction
    labels: Diagram
    """Set of labels."""
    services: ServiceSet


class SymbolicStage(NamedTuple):
    """Policies of one tier, or one profile, of an endpoint with any labels."""

    labels: Diagram
    """Set of labels of the endpoints that have the stage."""
    rules: Sequence[SymbolicRule]
    denies: bool
    """Whether undecided traffic is denied at the end of the stage."""


def allowed_services(builder: DiagramBuilder, stages: Iterable[SymbolicStage], final: Diagram = NO_SERVICES) -> Diagram:
    """Return the services that stages allow, by labels.

    Args:
        builder: builder of the diagrams.
        stages: stages in the order in which the agent tries them.
        final: services that are allowed if no stage decides.

    Raises:
        ExposureLimit: too many combinations of labels have different results.
    """
    following = final
    for stage in reversed([*stages]):
        allowed = _allowed_in_stage(builder, stage, following)
        following = builder.apply(choose, stage.labels, allowed, following)
    return following


def _allowed_in_stage(builder: DiagramBuilder, stage: SymbolicStage, following: Diagram) -> Diagram:
    apply: Callable[..., Diagram] = builder.apply
    rest: Diagram = NO_SERVICES if stage.denies else following
    for rule in reversed(stage.rules):
        if rule.action == "log":
            continue
        if rule.action == "allow":
            matched = apply(add_services, rest, rule.services)
        else:
            matched = apply(remove_services, rest, rule.services)
        if rule.action == "pass":
            matched = apply(add_services, matched, apply(common_services, following, rule.services))
        rest = apply(choose, rule.labels, matched, rest)
    return rest
