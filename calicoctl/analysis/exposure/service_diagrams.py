"""Operations on diagrams of services: functions that `DiagramBuilder.apply` combines diagrams with."""

from __future__ import annotations

from calicoctl.analysis.exposure.decision_diagram import Diagram, Node
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES


def add_services(left: Diagram, right: Diagram) -> Diagram | None:
    """Return the services that any of two diagrams has."""
    if left is NO_SERVICES or left is right or right is ALL_SERVICES:
        return right
    if right is NO_SERVICES or left is ALL_SERVICES:
        return left
    return None if isinstance(left, Node) or isinstance(right, Node) else left | right


def common_services(left: Diagram, right: Diagram) -> Diagram | None:
    """Return the services that both diagrams have."""
    if left is ALL_SERVICES or left is right or right is NO_SERVICES:
        return right
    if right is ALL_SERVICES or left is NO_SERVICES:
        return left
    return None if isinstance(left, Node) or isinstance(right, Node) else left & right


def remove_services(left: Diagram, right: Diagram) -> Diagram | None:
    """Return the services of the left diagram that the right one lacks."""
    if left is NO_SERVICES or right is NO_SERVICES:
        return left
    if left is right or right is ALL_SERVICES:
        return NO_SERVICES
    return None if isinstance(left, Node) or isinstance(right, Node) else left - right


def has_services(diagram: Diagram, services: Diagram) -> Diagram | None:
    """Return the set of labels for which a diagram has exactly these services."""
    return None if isinstance(diagram, Node) else diagram is services
