"""v1 resources and their identifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, NamedTuple

from calicoctl.errors import Position, Problem
from calicoctl.lazy_dataclass import dataclass
from calicoctl.printable import escape_unprintable

API_VERSION = "v1"

FieldPath = tuple["str | int", ...]
"""Path of a field: keys of mappings and indexes of lists."""


def field_path(path: FieldPath) -> str:
    """Return a path as text: `spec.ingress[0].action`, with keys that contain dots or slashes in brackets."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier():
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]"
    return text


class Identifier(NamedTuple):
    """Identifier of a resource in the datastore: the kind, and the values of the kind's identifying fields.

    The identifying field of a policy is its name; those of a hostEndpoint are node and name.
    """

    kind: str
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name after `KIND/` on the command line, such as `host1/eth0`. All values but the last have `/` as `%2f`."""
        *context, name = self.values
        return "/".join((*(value.replace("/", "%2f") for value in context if value), *filter(None, [name])))

    def __str__(self) -> str:
        name = escape_unprintable(self.name)
        return f"{self.kind}/{name}" if name else self.kind


@dataclass(frozen=True, eq=True)
class Resource:
    """A v1 resource in normal form: as calicoctl 1.6.5 prints it."""

    identifier: Identifier
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    set_name: str | None = field(default=None, compare=False)
    """Set of a stored resource; None if it belongs to none. Manifests do not have it."""

    @property
    def kind(self) -> str:
        """Name of the kind, such as `policy`."""
        return self.identifier.kind

    def manifest(self) -> dict[str, Any]:
        """Return the resource as a mapping with the four fields of a manifest."""
        return {
            "kind": self.kind,
            "apiVersion": API_VERSION,
            "metadata": dict(self.metadata),
            "spec": dict(self.spec),
        }


class EmptyField(NamedTuple):
    """Field of a manifest without a value."""

    path: FieldPath
    is_null: bool
    """Whether it is null; otherwise an empty text, list or mapping."""


@dataclass(frozen=True)
class LocatedResource:
    """A resource, or only its identifier, with its position in a manifest."""

    identifier: Identifier
    position: Position | None = None
    resource: Resource | None = None
    revision: int | None = None
    """`resourceVersion` of the manifest: the revision that it was read at."""
    locate_field: Callable[[FieldPath], Position] | None = None
    """Function from a field to its position, if requested: it keeps the whole document in memory."""
    source_path: Callable[[FieldPath], FieldPath] | None = None
    """Function from a field to that field of the manifest that it comes from; None if the paths are the same."""
    empty_fields: Callable[[], Iterable[EmptyField]] = tuple
    """Function that returns the fields without a value; none if positions are not requested."""
    deferred_problems: tuple[Problem, ...] = ()
    """Problems that do not count if the stored resource has them as well: other tools can store what v1 rejects."""
