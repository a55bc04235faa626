"""The v1 resource and what names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from calicoctl.errors import Position

API_VERSION = "v1"


class Identifier(NamedTuple):
    """What names a resource within the datastore: its kind and the values of the kind's identifying fields.

    A policy is named by its name alone, a hostEndpoint by its node and its name. As text, a `/` is written `%2f`
    but for the last value, so that each can be told from the next.
    """

    kind: str
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """What stands behind `KIND/` on the command line, such as `host1/eth0`."""
        *context, name = self.values
        return "/".join((*(value.replace("/", "%2f") for value in context if value), *filter(None, [name])))

    def __str__(self) -> str:
        name = self.name
        return f"{self.kind}/{name}" if name else self.kind


@dataclass(frozen=True, eq=True)
class Resource:
    """A v1 resource in its normal form: what calicoctl 1.6.5 would have printed for it."""

    identifier: Identifier
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """The kind as manifests write it, such as `policy`."""
        return self.identifier.kind

    def manifest(self) -> dict[str, Any]:
        """The resource as a mapping with the four fields of a manifest."""
        return {
            "kind": self.kind,
            "apiVersion": API_VERSION,
            "metadata": dict(self.metadata),
            "spec": dict(self.spec),
        }


@dataclass(frozen=True)
class LocatedResource:
    """A resource, or only the identity of one, with the place in a manifest that it came from."""

    identifier: Identifier
    position: Position | None = None
    resource: Resource | None = None
    revision: int | None = None
    """The revision that the manifest says it was read at."""
    locate_field: Callable[[tuple[str | int, ...]], Position] | None = None
    """Gives the place of each field, where that was asked for: it keeps the whole document in memory."""
