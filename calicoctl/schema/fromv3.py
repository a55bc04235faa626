"""Calico v3 manifests as v1 resources, and what of them v1 can't say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from calicoctl.errors import Problem
from calicoctl.kinds import KINDS, Kind
from calicoctl.kinds.conversion import from_stored
from calicoctl.kinds.record import ANNOTATION
from calicoctl.kinds.v3manifest import as_stored, renamed, unsaid
from calicoctl.manifest import Document
from calicoctl.manifest.documents import Path
from calicoctl.manifest.nodes import BOOLEANS, Mapping, Node, Scalar, Sequence
from calicoctl.resource import Located, Resource
from calicoctl.schema.coerce import Note
from calicoctl.schema.explain import Explained
from calicoctl.schema.placing import problem_in
from calicoctl.schema.store import Schema, v3_schema_of
from calicoctl.schema.suggestion import suggestion
from calicoctl.schema.validate import Validated, checks_of, refusals
from calicoctl.storage import StoredResource

_STORES_OWN = frozenset(("uid", "creationTimestamp", "resourceVersion", "generation", "selfLink", "managedFields"))
"""Metadata that a datastore makes; Calico's own tools pay no heed to it in a manifest that they create from."""


@dataclass
class FromV3(Validated):
    """The v1 resource of a valid manifest, if it has one, and what there is to say about it."""

    losses: list[Problem] = field(default_factory=list)
    """What v1 can't say."""


def from_v3(document: Document) -> FromV3:
    """The v1 resource of a v3 manifest. Without what is lost it may say more, or less, than the manifest."""
    result = FromV3()
    kind = _kind_of(document, result)
    if kind is None:
        return result
    checks = checks_of(kind.stored_as.kind, v3_schema_of)
    notes: list[Note] = []
    value = checks.coerce(document.node, notes)
    result.note(document, notes)
    result.problems.extend(problem_in(document, mistake) for mistake in checks.mistakes(value))
    result.losses.extend(_unknown(document, kind, checks.schema))
    if not result.problems:
        _convert(document, kind, as_stored(kind, value), result)
    return result


def _kind_of(document: Document, result: FromV3) -> Kind | None:
    node = document.node.get("kind")
    written = node.text if isinstance(node, Scalar) else ""
    by_name = {kind.stored_as.kind: kind for kind in KINDS}
    if written in by_name:
        return by_name[written]
    if written:
        message = "can't be said in v1 (it has no such kind)"
        result.losses.append(problem_in(document, Explained(("kind",), message)))
    else:
        message = f"'kind' is missing (kinds are {', '.join(by_name)})"
        result.problems.append(problem_in(document, Explained((), message)))
    return None


def _convert(document: Document, kind: Kind, stored: StoredResource, result: FromV3) -> None:
    """Add the resource that a valid manifest stands for, if v1 can say so much of it that it is one."""
    try:
        resource = from_stored(kind, stored)
        refused = list(refusals(kind, resource.manifest()))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        # All else has been checked: only what somebody has made of the record can be of wrong types.
        message = "is not what calicoctl has written (leave it out)"
        result.problems.append(problem_in(document, Explained(("metadata", "annotations", ANNOTATION), message)))
        return
    if refused:
        result.losses += (_unsayable(document, kind, each) for each in refused)
        with suppress(ValueError):  # no name can be made of what has been refused
            result.losses += [_without_field(document, kind, path) for path in unsaid(kind, resource, stored)]
        return
    resource = kind.resource(*kind.normal(resource.manifest()))
    place = document.position(document.node)
    result.located.append(Located(resource.identifier, place, resource))
    result.losses += (_without_field(document, kind, path) for path in unsaid(kind, resource, stored))
    result.warnings += _warnings(document, kind, resource, stored)


def _in_v3(kind: Kind, path: Path) -> Path:
    """Where v3 has a field of v1."""
    for old, new in kind.moved.items():
        if path[: len(old)] == old:
            return (*new, *path[len(old) :])
    return path


def _warnings(document: Document, kind: Kind, resource: Resource, stored: StoredResource) -> Iterator[Problem]:
    for path, message in kind.warn(resource) if kind.warn else ():
        yield problem_in(document, Explained(_in_v3(kind, path), message))
    if place := renamed(kind, resource, stored):
        message = f"becomes {resource.identifier} in v1, which is stored as {place!r}"
        yield problem_in(document, Explained(("metadata", "name"), message))


def _unsayable(document: Document, kind: Kind, refused: Explained) -> Problem:
    """A value that v1 has no words for, with what v1 says to it."""
    why = refused.message
    if why.endswith(")"):
        why = why[:-1].replace(" (", "; ", 1)
    return problem_in(document, Explained(_in_v3(kind, refused.path), f"can't be said in v1 ({why})"))


def _without_field(document: Document, kind: Kind, path: Path, hint: str = "") -> Problem:
    """A field that there is not in v1; of labels and annotations it is the mapping that there is not."""
    of_rule = len(path) > 2 and path[1] in {"ingress", "egress"}
    name = path[1] if path[0] == "metadata" else path[-1]
    why = f"v1's {'rule' if of_rule else kind.name} has no {name}"
    return problem_in(document, Explained(path, f"can't be said in v1 ({why}){hint}", at_key=True))


def _unknown(document: Document, kind: Kind, schema: Schema) -> Iterator[Problem]:
    """The fields that the schema does not know and that say something."""
    stack: list[tuple[Node, Schema, Path]] = [(document.node, schema, ())]
    while stack:
        node, part, path = stack.pop()
        if isinstance(node, Sequence):
            items = part.get("items", {})
            stack.extend((item, items, (*path, index)) for index, item in enumerate(node.items))
        elif isinstance(node, Mapping) and "properties" in part:
            for name, (_, value) in node.entries.items():
                if name in part["properties"]:
                    stack.append((value, part["properties"][name], (*path, name)))
                elif _says_something(value) and not (path == ("metadata",) and name in _STORES_OWN):
                    hint = suggestion(name, list(part["properties"]), cutoff=0.8)
                    yield _without_field(document, kind, (*path, name), hint)


def _says_something(node: Node) -> bool:
    if isinstance(node, Scalar):
        return not (node.is_null or node.text == "" or (node.tag is None and BOOLEANS.get(node.text) is False))
    return node.size > 1
