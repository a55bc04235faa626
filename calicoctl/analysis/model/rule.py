"""Rules as immutable values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calicoctl.analysis.model.criteria import Criteria, EntityRule
from calicoctl.analysis.model.source import Direction, PolicySource
from calicoctl.resource import FieldPath, Identifier

RuleAction = Literal["allow", "deny", "log", "pass"]


@dataclass(frozen=True, eq=False)
class Rule(Criteria):
    """Rule of a policy or profile: it matches if all criteria match. Rules are compared by identity."""

    action: RuleAction
    owner: Identifier
    direction: Direction
    index: int
    """Position in the list of rules, from 0."""
    origin: PolicySource
    unsupported_field: str = ""
    """Field that only Kubernetes supports, such as `source.services`: no packet matches the rule. Empty if none."""

    @property
    def path(self) -> FieldPath:
        """Path of the rule within its resource."""
        return ("spec", self.direction, self.index)

    @property
    def location(self) -> str:
        """Location as `file:line`, or the key in the datastore."""
        return self.origin.location(*self.path)

    def __str__(self) -> str:
        return f"{self.owner} {self.direction}[{self.index}]"

    @property
    def peer_field(self) -> Literal["source", "destination"]:
        """Field for the peer of the endpoint: the source of ingress, the destination of egress."""
        return "source" if self.direction == "ingress" else "destination"

    @property
    def own_field(self) -> Literal["source", "destination"]:
        """Field for the endpoint itself."""
        return "destination" if self.direction == "ingress" else "source"

    def side(self, peer: bool) -> EntityRule:
        """Return the criteria for the peer of the endpoint, or for the endpoint itself."""
        return self.source if peer == (self.direction == "ingress") else self.destination


class RuleOwner:
    """Policy or profile: a resource with ingress and egress rules."""

    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """Rules of both directions, ingress first."""
        return (*self.ingress, *self.egress)

    def rules(self, direction: Direction) -> tuple[Rule, ...]:
        """Return the rules of a direction."""
        return self.ingress if direction == "ingress" else self.egress
