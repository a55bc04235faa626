"""Conversion of Calico v3 manifests to v1 resources, and the fields that v1 cannot represent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from calicoctl.conversion.stored import from_stored
from calicoctl.conversion.v3_manifest import as_stored, lost_fields, v1_rename
from calicoctl.errors import Problem
from calicoctl.kinds import Kind
from calicoctl.kinds.rules import DIRECTIONS
from calicoctl.manifest import Document
from calicoctl.manifest.nodes import BOOLEANS, MappingNode, Node, ScalarNode, SequenceNode
from calicoctl.resource import FieldPath, LocatedResource, Resource
from calicoctl.schema.coerce import CoercionNote
from calicoctl.schema.explain import SchemaError
from calicoctl.schema.problems import kind_name, missing_kind_error, problem_at
from calicoctl.schema.store import Schema, load_v3_schema
from calicoctl.schema.v3_kinds import ANALYSIS_COMMANDS, V3_KINDS, V3_ONLY_KINDS
from calicoctl.schema.validate import ValidationResult, checks_for, validation_errors
from calicoctl.storage import RECORD_ANNOTATION, StoredResource
from calicoctl.suggestion import suggestion

_SERVER_METADATA = frozenset(("uid", "creationTimestamp", "resourceVersion", "generation", "selfLink", "managedFields"))
"""Metadata that a datastore sets. Calico's calicoctl ignores it in a manifest of a new object."""


@dataclass
class V3ConversionResult(ValidationResult):
    """The v1 resource of a valid v3 manifest, with problems, warnings and losses."""

    losses: list[Problem] = field(default_factory=list)
    """Fields that v1 cannot represent."""


def from_v3(document: Document) -> V3ConversionResult:
    """Return the v1 resource of a v3 manifest. If fields are lost, it can match more or less traffic."""
    result = V3ConversionResult()
    kind = _kind_of(document, result)
    if kind is None:
        return result
    checks = checks_for(kind.stored_kind.kind, load_v3_schema)
    notes: list[CoercionNote] = []
    value = checks.coerce(document.node, notes)
    result.add_notes(document, notes)
    result.problems.extend(problem_at(document, error) for error in checks.schema_errors(value))
    result.losses.extend(_unknown_fields(document, kind, checks.schema))
    if not result.problems:
        _convert(document, kind, as_stored(kind, value), result)
    return result


def _kind_of(document: Document, result: V3ConversionResult) -> Kind | None:
    name = kind_name(document)
    kind = V3_KINDS.get(name)
    if kind is None and name:
        remedy = f"; {ANALYSIS_COMMANDS} read the v3 manifest" if name in V3_ONLY_KINDS else ""
        message = f"cannot be represented in v1 (it has no such kind{remedy})"
        result.losses.append(problem_at(document, SchemaError(("kind",), message)))
    elif kind is None:
        result.problems.append(problem_at(document, missing_kind_error(V3_KINDS)))
    return kind


def _convert(document: Document, kind: Kind, stored: StoredResource, result: V3ConversionResult) -> None:
    """Add the resource of a valid manifest, or the losses if its v1 form is not valid."""
    try:
        resource = _without_stored_only_fields(kind, from_stored(kind, stored))
        errors = list(validation_errors(kind, resource.manifest()))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        # The schema has checked the types of all fields but those of an edited record.
        message = "was not written by calicoctl (remove it)"
        result.problems.append(
            problem_at(document, SchemaError(("metadata", "annotations", RECORD_ANNOTATION), message))
        )
        return
    if errors:
        result.losses += (_unrepresentable(document, kind, error) for error in errors)
        with suppress(ValueError):  # a rejected value may have no v3 name
            result.losses += [_lost_field(document, kind, path) for path in lost_fields(kind, resource, stored)]
        return
    resource = kind.resource(*kind.normalize(resource.manifest()))
    result.resources.append(LocatedResource(resource.identifier, document.position(document.node), resource))
    result.losses += (_lost_field(document, kind, path) for path in lost_fields(kind, resource, stored))
    result.warnings += _warnings(document, kind, resource, stored)


def _without_stored_only_fields(kind: Kind, resource: Resource) -> Resource:
    metadata = {name: value for name, value in resource.metadata.items() if name not in kind.stored_only_fields}
    return kind.resource(metadata, resource.spec)


def _v3_path(kind: Kind, path: FieldPath) -> FieldPath:
    """Return the v3 path of a v1 field."""
    for v1_path, v3_path in kind.renamed_fields.items():
        if path[: len(v1_path)] == v1_path:
            return (*v3_path, *path[len(v1_path) :])
    return path


def _warnings(document: Document, kind: Kind, resource: Resource, stored: StoredResource) -> Iterator[Problem]:
    for path, message in kind.warn(resource.metadata):
        yield problem_at(document, SchemaError(_v3_path(kind, path), message))
    if v1_key_name := v1_rename(kind, resource, stored):
        message = f"becomes {resource.identifier} in v1, which is stored as {v1_key_name!r}"
        yield problem_at(document, SchemaError(("metadata", "name"), message))


def _unrepresentable(document: Document, kind: Kind, error: SchemaError) -> Problem:
    """Return the loss of a value that v1 rejects."""
    reason = error.message
    if reason.endswith(")"):
        reason = reason[:-1].replace(" (", "; ", 1)
    return problem_at(document, SchemaError(_v3_path(kind, error.path), f"cannot be represented in v1 ({reason})"))


def _lost_field(document: Document, kind: Kind, path: FieldPath, hint: str = "") -> Problem:
    """Return the loss of a field that v1 does not have. For a label or annotation, v1 lacks the mapping."""
    in_rule = len(path) > 2 and path[1] in DIRECTIONS
    name = path[1] if path[0] == "metadata" else path[-1]
    reason = f"v1's {'rule' if in_rule else kind.name} has no {name}"
    return problem_at(document, SchemaError(path, f"cannot be represented in v1 ({reason}){hint}", at_key=True))


def _unknown_fields(document: Document, kind: Kind, schema: Schema) -> Iterator[Problem]:
    """Yield the losses of fields that are not in the schema and are not empty."""
    for path, hint in unknown_fields(document, schema):
        yield _lost_field(document, kind, path, hint)


def unknown_fields(document: Document, schema: Schema) -> Iterator[tuple[FieldPath, str]]:
    """Yield the path of each field that is not in a v3 schema and not empty, with a suggestion."""
    stack: list[tuple[Node, Schema, FieldPath]] = [(document.node, schema, ())]
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
                    yield (*path, name), suggestion(name, list(part["properties"]))


def _is_set(node: Node) -> bool:
    if isinstance(node, ScalarNode):
        return not (node.is_null or node.text == "" or (node.tag is None and BOOLEANS.get(node.text) is False))
    return bool(node.entries if isinstance(node, MappingNode) else node.items)
