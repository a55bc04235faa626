"""Where the values of the analysis come from: v1 resources, and what is in force of them beside what v1 shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from calicoctl.errors import Position
from calicoctl.resource import Identifier, Resource

Direction = Literal["ingress", "egress"]
FieldPath = tuple["str | int", ...]


class EndpointState(NamedTuple):
    """What the agent sees of an endpoint, where the datastore says so."""

    labels: Mapping[str, str]
    profiles: tuple[str, ...]
    addresses: tuple[str, ...]


class Tier(NamedTuple):
    """Policies that are tried together. v1 has but one; a store may have more."""

    name: str
    order: float | None = None
    exists: bool = True
    """Whether it is an object of its own; the agent tries those that are none last."""
    denies: bool = True
    """Whether what its policies leave undecided is denied; else it goes on to the next tier."""

    @property
    def sort_key(self) -> tuple[bool, bool, float, str]:
        """What the agent tries tiers by."""
        return (not self.exists, self.order is None, self.order or 0.0, self.name)


DEFAULT_TIER: Final = Tier("default")


class Enforced(NamedTuple):
    """What is in force of a stored policy or profile beside what v1 shows of it."""

    rejection: str = ""
    """Why the agent refuses the profile: it ignores its labels then, and programs its rules all the same."""
    tier: Tier = DEFAULT_TIER
    extra_selectors: tuple[str, ...] = ()
    """What endpoints have to match besides, for the policy to select them."""
    unsupported_criteria: Mapping[tuple[Direction, int], str] = {}
    """Rules that ask for something which nothing can meet here, and the field where they do."""


V1_ONLY: Final = Enforced()
"""What v1 shows is the whole truth."""


class LazyResource(NamedTuple):
    """A resource that is made when somebody asks for it: of many endpoints few are ever looked at."""

    identifier: Identifier
    make: Callable[[], Resource]


class PolicySource:
    """A v1 resource in its normal form, and what is known about where it stands.

    Args:
        resource: the resource, or how to make it.
        key: the key in the datastore; empty for a manifest.
        locate: gives the place of a field in the manifest.
        endpoint_state: what the agent sees of an endpoint, where the datastore says so.
        enforced: what v1 does not show of a policy or profile.
    """

    __slots__ = ("_resource", "endpoint_state", "enforced", "key", "locate")

    def __init__(
        self,
        resource: Resource | LazyResource,
        key: str = "",
        locate: Callable[[FieldPath], Position] | None = None,
        endpoint_state: EndpointState | None = None,
        enforced: Enforced = V1_ONLY,
    ) -> None:
        self._resource = resource
        self.key = key
        self.locate = locate
        self.endpoint_state = endpoint_state
        self.enforced = enforced

    @property
    def identifier(self) -> Identifier:
        """What names the resource."""
        return self._resource.identifier

    @property
    def resource(self) -> Resource:
        """The resource."""
        if isinstance(self._resource, LazyResource):
            self._resource = self._resource.make()
        return self._resource

    def location(self, *path: str | int) -> str:
        """Where a field stands: `file:line`, or the key in the datastore."""
        if self.locate is None:
            return self.key
        position = self.locate(path)
        return f"{position.source}:{position.line}"
