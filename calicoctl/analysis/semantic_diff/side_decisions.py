"""Decisions of both sides of a comparison on the traffic of their common address classes."""

from __future__ import annotations

from calicoctl.analysis.evaluation.first_match import ClassDecision, FirstMatchEvaluator
from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.semantic_diff.decision_pair import DecisionPair, InterfaceNames
from calicoctl.analysis.semantic_diff.interface_pairs import interface_pairs
from calicoctl.analysis.semantic_diff.refinement import PartitionSide, Refinement


class SideDiscovery:
    """Evaluation of IPv6 neighbor discovery on one side.

    Args:
        side: the side.
        evaluator: its evaluator.
    """

    def __init__(self, side: PartitionSide, evaluator: FirstMatchEvaluator) -> None:
        self.policy_resolver = side.policy_resolver
        self.class_of = side.class_of
        self.denied_discovery = evaluator.denied_discovery


class SideDecisions:
    """Decisions of both sides on the traffic of the classes.

    Args:
        refinement: the classes.
    """

    def __init__(self, refinement: Refinement) -> None:
        self._sides = (refinement.before, refinement.after)
        self.evaluators = (FirstMatchEvaluator(refinement.before), FirstMatchEvaluator(refinement.after))
        """Evaluators before and after."""
        self._pairs: dict[tuple[ClassDecision, ClassDecision], DecisionPair] = {}

    def of_side(self, number: int, direction: Direction, side: int) -> ClassDecision:
        """Return the decision of a side: 0 before, 1 after."""
        return self.evaluators[side].decide(self._sides[side].classes[number], direction)

    def discovery(self, side: int) -> SideDiscovery:
        """Return the evaluation of neighbor discovery of a side: 0 before, 1 after."""
        return SideDiscovery(self._sides[side], self.evaluators[side])

    def pair(self, number: int, direction: Direction) -> DecisionPair:
        """Return the decisions of both sides; one instance for all classes with the same decisions."""
        before, after = (self.of_side(number, direction, side) for side in (0, 1))
        if (before, after) not in self._pairs:
            depends = before.depends_on_interface or after.depends_on_interface
            self._pairs[before, after] = DecisionPair(before, after, self._interfaces(number) if depends else ())
        return self._pairs[before, after]

    def _interfaces(self, number: int) -> tuple[InterfaceNames, ...]:
        """Return the interfaces of the node of a class; all classes with its decision are on this node."""
        before, after = (side.classes[number] for side in self._sides)
        return tuple(
            InterfaceNames(
                pair.name,
                self.evaluators[0].alternative_name(before, pair.sides[0]),
                self.evaluators[1].alternative_name(after, pair.sides[1]),
            )
            for pair in interface_pairs((before.place, after.place))
        )
