"""Sources of policies and endpoints: v1 resources, and their stored properties that v1 cannot represent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, NamedTuple

from calicoctl.analysis.model.named_port import EndpointPort
from calicoctl.errors import Position
from calicoctl.resource import EmptyField, FieldPath, Identifier, Resource

Direction = Literal["ingress", "egress"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("ingress", "egress")
"""Both directions, in the order of manifests."""
PACKET_DIRECTIONS: Final[tuple[Direction, ...]] = ("egress", "ingress")
"""Both directions, in the order in which a packet passes them."""


def opposite_direction(direction: Direction) -> Direction:
    """Return the other direction."""
    return "ingress" if direction == "egress" else "egress"


class EndpointState(NamedTuple):
    """Properties of an endpoint that the agent uses."""

    labels: Mapping[str, str]
    profiles: tuple[str, ...]
    addresses: tuple[str, ...]
    ports: tuple[EndpointPort, ...] = ()
    """Named ports."""


class Tier(NamedTuple):
    """Tier of policies. v1 has only the tier `default`; a datastore may contain more."""

    name: str
    order: float | None = None
    exists: bool = True
    """Whether the datastore contains the tier; the agent tries policies of missing tiers last."""
    denies: bool = True
    """Whether traffic that no rule of its policies decides is denied; if not, the next tier decides."""

    @property
    def sort_key(self) -> tuple[bool, bool, float, str]:
        """Sort key of the order in which the agent tries tiers."""
        return (not self.exists, self.order is None, self.order or 0.0, self.name)


DEFAULT_TIER: Final = Tier("default")

BUILT_IN_TIERS: Final = (
    Tier("default", 1_000_000),
    Tier("kube-admin", 1_000, denies=False),
    Tier("kube-baseline", 10_000_000, denies=False),
)
"""Tiers that Calico 3.32 creates in each datastore (libcalico-go `clientv3/client.go`, `EnsureInitialized`)."""


class EnforcementEffect(NamedTuple):
    """Properties of a stored policy or profile that v1 cannot represent."""

    rejection: str = ""
    """Reason why the agent rejects the profile: it ignores the labels and still applies the rules. Empty if valid."""
    tier: Tier = DEFAULT_TIER
    selector: str | None = None
    """Selector that replaces that of the v1 form; None keeps that."""
    extra_selectors: tuple[str, ...] = ()
    """Selectors that endpoints must match in addition to that of the policy."""
    unsupported_criteria: Mapping[tuple[Direction, int], str] = {}
    """Field that only Kubernetes supports, by direction and index of the rule."""
    applies_on_forward: bool = False
    """Whether the policy also applies to forwarded traffic of host endpoints (`applyOnForward`)."""


V1_ONLY: Final = EnforcementEffect()
"""Nothing in addition to the v1 resource."""


class LazyResource(NamedTuple):
    """Resource that is built on first use: most of many endpoints are never needed."""

    identifier: Identifier
    make: Callable[[], Resource]


class PolicySource:
    """Source of a policy, profile or endpoint: a v1 resource in normal form and its location.

    Args:
        resource: the resource, or a function that builds it.
        key: key in the datastore; for a v3 manifest, the one under which it is stored; empty for a v1 manifest.
        locate: returns the position of a field in the manifest; None for the datastore.
        endpoint_state: stored properties of an endpoint; None takes them from the resource.
        enforced: properties of a stored policy or profile that v1 cannot represent.
    """

    __slots__ = ("_resource", "empty_fields", "endpoint_state", "enforced", "key", "locate")

    def __init__(
        self,
        resource: Resource | LazyResource,
        key: str = "",
        locate: Callable[[FieldPath], Position] | None = None,
        endpoint_state: EndpointState | None = None,
        enforced: EnforcementEffect = V1_ONLY,
    ) -> None:
        self._resource = resource
        self.key = key
        self.locate = locate
        self.endpoint_state = endpoint_state
        self.enforced = enforced
        self.empty_fields: Callable[[], Iterable[EmptyField]] = tuple
        """Function that returns the fields of the manifest without a value."""

    @property
    def identifier(self) -> Identifier:
        """Identifier of the resource."""
        return self._resource.identifier

    @property
    def resource(self) -> Resource:
        """v1 resource in normal form."""
        if isinstance(self._resource, LazyResource):
            self._resource = self._resource.make()
        return self._resource

    @property
    def is_v3_manifest(self) -> bool:
        """Whether it is a v3 manifest, which has a position and the key of the object that is stored for it."""
        return bool(self.key and self.locate)

    def location(self, *path: str | int) -> str:
        """Return the location of a field as `file:line`, or the key in the datastore."""
        if self.locate is None:
            return self.key
        position = self.locate(path)
        return f"{position.source}:{position.line}"
