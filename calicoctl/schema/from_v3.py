"""Calico v3 manifests as v1 resources, and what of them v1 can't say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from calicoctl.conversion.stored import from_stored
from calicoctl.conversion.v3_manifest import as_stored, lost_fields, v1_rename
from calicoctl.errors import Problem
from calicoctl.kinds import KINDS, Kind
from calicoctl.manifest import Document
from calicoctl.manifest.documents import Path
from calicoctl.manifest.nodes import BOOLEANS, MappingNode, Node, ScalarNode, SequenceNode
from calicoctl.resource import LocatedResource, Resource
from calicoctl.schema.coerce import CoercionNote
from calicoctl.schema.explain import SchemaError
from calicoctl.schema.problems import problem_at
from calicoctl.schema.store import Schema, load_v3_schema
from calicoctl.schema.validate import ValidationResult, checks_for, validation_errors
from calicoctl.storage import RECORD_ANNOTATION, StoredResource
from calicoctl.suggestion import suggestion

_SERVER_METADATA = frozenset(("uid", "creationTimestamp", "resourceVersion", "generation", "selfLink", "managedFields"))
"""Metadata that a datastore makes; Calico's own tools pay no heed to it in a manifest that they create from."""


@dataclass
class V3ConversionResult(ValidationResult):
    """The v1 resource of a valid manifest, if it has one, and what there is to say about it."""

    losses: list[Problem] = field(default_factory=list)
    """What v1 can't say."""


def from_v3(document: Document) -> V3ConversionResult:
    """The v1 resource of a v3 manifest. Without what is lost it may say more, or less, than the manifest."""
    result = V3ConversionResult()
    kind = _kind_of(document, result)
    if kind is None:
        return result
    checks = checks_for(kind.stored_kind.kind, load_v3_schema)
    notes: list[CoercionNote] = []
    value = checks.coerce(document.node, notes)
    result.add_notes(document, notes)
    result.problems.extend(problem_at(document, mistake) for mistake in checks.schema_errors(value))
    result.losses.extend(_unknown_fields(document, kind, checks.schema))
    if not result.problems:
        _convert(document, kind, as_stored(kind, value), result)
    return result


def _kind_of(document: Document, result: V3ConversionResult) -> Kind | None:
    node = document.node.get("kind")
    kind_name = node.text if isinstance(node, ScalarNode) else ""
    by_name = {kind.stored_kind.kind: kind for kind in KINDS}
    if kind_name in by_name:
        return by_name[kind_name]
    if kind_name:
        message = "can't be said in v1 (it has no such kind)"
        result.losses.append(problem_at(document, SchemaError(("kind",), message)))
    else:
        message = f"'kind' is missing (kinds are {', '.join(by_name)})"
        result.problems.append(problem_at(document, SchemaError((), message)))
    return None


def _convert(document: Document, kind: Kind, stored: StoredResource, result: V3ConversionResult) -> None:
    """Add the resource that a valid manifest stands for, if v1 can say so much of it that it is one."""
    try:
        resource = from_stored(kind, stored)
        errors = list(validation_errors(kind, resource.manifest()))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        # All else has been checked: only what somebody has made of the record can be of wrong types.
        message = "is not what calicoctl has written (leave it out)"
        result.problems.append(
            problem_at(document, SchemaError(("metadata", "annotations", RECORD_ANNOTATION), message))
        )
        return
    if errors:
        result.losses += (_unrepresentable(document, kind, each) for each in errors)
        with suppress(ValueError):  # no name can be made of what has been refused
            result.losses += [_lost_field(document, kind, path) for path in lost_fields(kind, resource, stored)]
        return
    resource = kind.resource(*kind.normalize(resource.manifest()))
    place = document.position(document.node)
    result.resources.append(LocatedResource(resource.identifier, place, resource))
    result.losses += (_lost_field(document, kind, path) for path in lost_fields(kind, resource, stored))
    result.warnings += _warnings(document, kind, resource, stored)


def _v3_path(kind: Kind, path: Path) -> Path:
    """Where v3 has a field of v1."""
    for old, new in kind.renamed_fields.items():
        if path[: len(old)] == old:
            return (*new, *path[len(old) :])
    return path


def _warnings(document: Document, kind: Kind, resource: Resource, stored: StoredResource) -> Iterator[Problem]:
    for path, message in kind.warn(resource) if kind.warn else ():
        yield problem_at(document, SchemaError(_v3_path(kind, path), message))
    if v1_key_name := v1_rename(kind, resource, stored):
        message = f"becomes {resource.identifier} in v1, which is stored as {v1_key_name!r}"
        yield problem_at(document, SchemaError(("metadata", "name"), message))


def _unrepresentable(document: Document, kind: Kind, error: SchemaError) -> Problem:
    """A value that v1 has no words for, with what v1 says to it."""
    reason = error.message
    if reason.endswith(")"):
        reason = reason[:-1].replace(" (", "; ", 1)
    return problem_at(document, SchemaError(_v3_path(kind, error.path), f"can't be said in v1 ({reason})"))


def _lost_field(document: Document, kind: Kind, path: Path, hint: str = "") -> Problem:
    """A field that there is not in v1; of labels and annotations it is the mapping that there is not."""
    in_rule = len(path) > 2 and path[1] in {"ingress", "egress"}
    name = path[1] if path[0] == "metadata" else path[-1]
    reason = f"v1's {'rule' if in_rule else kind.name} has no {name}"
    return problem_at(document, SchemaError(path, f"can't be said in v1 ({reason}){hint}", at_key=True))


def _unknown_fields(document: Document, kind: Kind, schema: Schema) -> Iterator[Problem]:
    """The fields that the schema does not know and that say something."""
    stack: list[tuple[Node, Schema, Path]] = [(document.node, schema, ())]
    while stack:
        node, part, path = stack.pop()
        if isinstance(node, SequenceNode):
            items = part.get("items", {})
            stack.extend((item, items, (*path, index)) for index, item in enumerate(node.items))
        elif isinstance(node, MappingNode) and "properties" in part:
            for name, (_, value) in node.entries.items():
                if name in part["properties"]:
                    stack.append((value, part["properties"][name], (*path, name)))
                elif _is_set(value) and not (path == ("metadata",) and name in _SERVER_METADATA):
                    hint = suggestion(name, list(part["properties"]), cutoff=0.8)
                    yield _lost_field(document, kind, (*path, name), hint)


def _is_set(node: Node) -> bool:
    if isinstance(node, ScalarNode):
        return not (node.is_null or node.text == "" or (node.tag is None and BOOLEANS.get(node.text) is False))
    return node.size > 1
