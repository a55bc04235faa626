"""Documents to resources, or to everything that is wrong with them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

from calicoctl.errors import Problem
from calicoctl.findings import AMBIGUOUS, DOCUMENT, MISLEADING, SCHEMA, SEMANTICS
from calicoctl.kinds import KINDS, Kind
from calicoctl.manifest import Document
from calicoctl.manifest.documents import Path
from calicoctl.manifest.nodes import ScalarNode
from calicoctl.manifest.policy_tests import POLICY_TEST, is_policy_test, policy_test_problem
from calicoctl.manifest.v3_lists import is_v3
from calicoctl.resource import API_VERSION, Identifier, LocatedResource
from calicoctl.schema.coerce import Coercer, CoercionNote, make_coercer
from calicoctl.schema.explain import SchemaError, explain_errors
from calicoctl.schema.formats import FORMATS
from calicoctl.schema.problems import note_paths, problem_at
from calicoctl.schema.store import Schema, load_schema
from calicoctl.suggestion import suggestion


@dataclass
class ValidationResult:
    """The resources of valid documents with their places, and what there is to say about all of them."""

    resources: list[LocatedResource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @staticmethod
    def merge(parts: Iterable[ValidationResult]) -> ValidationResult:
        """What was found in parts of the documents, together."""
        merged = ValidationResult()
        for part in parts:
            merged.resources += part.resources
            merged.problems += part.problems
            merged.warnings += part.warnings
        return merged

    def add_notes(self, document: Document, notes: list[CoercionNote]) -> None:
        """Add what there was to say about the scalars of a document."""
        for note, path in zip(notes, note_paths(document.node, notes), strict=True):
            problem = problem_at(document, SchemaError(path, note.message, code=AMBIGUOUS if note.warning else SCHEMA))
            (self.warnings if note.warning else self.problems).append(problem)


class SchemaChecks(NamedTuple):
    """What a document of one kind goes through."""

    schema: Schema
    coerce: Coercer
    is_valid: Any

    def schema_errors(self, value: Any) -> Iterator[SchemaError]:
        """What the schema refuses of a value."""
        if not self.is_valid(value):
            yield from explain_errors(self.schema, value)


@lru_cache
def checks_for(kind: str, load: Callable[[str], Schema] = load_schema) -> SchemaChecks:
    """The checks of a kind: of a v1 kind, or of what another function has a schema for."""
    from jsonschema_rs import Draft202012Validator

    schema = load(kind)
    formats = {name: (lambda text, check=check: check(text) is None) for name, check in FORMATS.items()}
    validator = Draft202012Validator(schema, formats=formats, validate_formats=True)
    return SchemaChecks(schema, make_coercer(schema), validator.is_valid)


def validate(
    documents: Iterable[Document],
    *,
    generate_names: bool = False,
    identify_only: bool = False,
    with_positions: bool = False,
) -> ValidationResult:
    """Validate every document; all problems of all documents are found in one go.

    With `generate_names` a resource of a kind that allows it gets a name when it has none. With `identify_only`
    only the identity is computed, not the normal form, which is a third quicker. With `with_positions` each
    result can locate its fields in the source.
    """
    result = ValidationResult()
    for document in documents:
        before = len(result.resources)
        _validate(document, result, generate_names=generate_names, identify_only=identify_only)
        if with_positions:
            result.resources[before:] = [
                replace(item, locate_field=document.locate_field) for item in result.resources[before:]
            ]
    return result


def _validate(document: Document, result: ValidationResult, *, generate_names: bool, identify_only: bool) -> None:
    kind = _kind_of(document, result.problems)
    if kind is None:
        return
    notes: list[CoercionNote] = []
    value = checks_for(kind.name).coerce(document.node, notes)
    if generate_names and kind.generate_name and isinstance(value.get("metadata"), dict):
        value["metadata"].setdefault("name", kind.generate_name())
    before = len(result.problems)
    result.add_notes(document, notes)
    result.problems.extend(problem_at(document, refused) for refused in validation_errors(kind, value))
    if len(result.problems) == before:
        result.resources.append(_sourced_resource(document, kind, value, result.warnings, identify_only=identify_only))


def _sourced_resource(
    document: Document, kind: Kind, value: dict[str, Any], warnings: list[Problem], *, identify_only: bool
) -> LocatedResource:
    """The resource of a valid document, or only its identity."""
    metadata, position = value["metadata"], document.position(document.node)
    if identify_only and kind.warn is None:
        return LocatedResource(_identifier(kind, metadata), position)
    resource = kind.resource(*kind.normalize(value))
    if kind.warn is not None:
        warnings.extend(problem_at(document, SchemaError(*finding, code=MISLEADING)) for finding in kind.warn(resource))
    return LocatedResource(resource.identifier, position, resource, _revision(metadata))


def validation_errors(kind: Kind, value: dict[str, Any]) -> Iterator[SchemaError]:
    """What the schema refuses of a manifest, and what the kind's own check refuses beside that."""
    error_paths: set[Path] = set()
    for error in checks_for(kind.name).schema_errors(value):
        error_paths.add(error.path)
        yield error
    for path, message in kind.check(value):
        if path not in error_paths:
            yield SchemaError(path, message, code=SEMANTICS)


def identify(documents: Iterable[Document]) -> ValidationResult:
    """Only what names each resource: all that `get -f` and `delete -f` need."""
    result = ValidationResult()
    for document in documents:
        kind = _kind_of(document, result.problems)
        if kind is None:
            continue
        value, problems = _identifying_fields(kind, document)
        result.problems.extend(problems)
        if not problems:
            position = document.position(document.node)
            result.resources.append(LocatedResource(_identifier(kind, value), position, revision=_revision(value)))
    return result


def _identifier(kind: Kind, metadata: dict[str, Any]) -> Identifier:
    """What names the resource with this metadata, which need not be in normal form."""
    identifying_values = {name: metadata[name] for name in kind.identifying_fields if name in metadata}
    return kind.identifier(
        {name: kind.value_normalizers.get(name, str)(text) for name, text in identifying_values.items()}
    )


def _identifying_fields(kind: Kind, document: Document) -> tuple[dict[str, Any], list[Problem]]:
    """The identifying fields of a document, and what is wrong with them."""
    schema = load_schema(kind.name)["properties"]["metadata"]
    identity_schema = {
        **schema,
        "properties": {name: schema["properties"][name] for name in (*kind.identifying_fields, _REVISION_FIELD)},
        "required": [name for name in schema["required"] if name in kind.identifying_fields],
    }
    node = document.node.get("metadata")
    value = make_coercer(identity_schema)(node, []) if node else {}
    known = (*kind.identifying_fields, _REVISION_FIELD)
    value = {name: value[name] for name in known if name in value} if isinstance(value, dict) else {}
    problems = [
        problem_at(document, SchemaError(("metadata", *each.path), each.message))
        for each in explain_errors(identity_schema, value)
    ]
    problems += [
        problem_at(document, SchemaError(path, message, code=SEMANTICS))
        for path, message in kind.check({"metadata": value})
    ]
    return value, problems


_REVISION_FIELD = "resourceVersion"


def _revision(metadata: dict[str, Any]) -> int | None:
    return int(metadata[_REVISION_FIELD]) if _REVISION_FIELD in metadata else None


def _kind_of(document: Document, problems: list[Problem]) -> Kind | None:
    """The kind that a document names. Without one nothing more can be said about it."""
    node, version = document.node.get("kind"), document.node.get("apiVersion")
    kind_name = node.text if isinstance(node, ScalarNode) else ""
    if is_v3(document):
        command = f"calicoctl convert -f {shlex.quote(document.source.name)} --to v1"
        position = document.locate_field(("apiVersion",))
        problems.append(
            Problem(position, document.subject, "", f"is a Calico v3 manifest (convert it: {command})", DOCUMENT)
        )
        return None
    if is_policy_test(document):
        problems.append(policy_test_problem(document))
        return None
    if isinstance(version, ScalarNode) and "/" in version.text:
        message = f"{version.text!r} is not Calico v1 (this tool takes apiVersion: {API_VERSION})"
        problems.append(problem_at(document, SchemaError(("apiVersion",), message, code=DOCUMENT)))
        return None
    for kind in KINDS:
        if kind.name == kind_name:
            return kind
    names = [kind.name for kind in KINDS]
    if misspelled_key := next((key for key in document.node.entries if key.lower() == "kind" != key), None):
        problems.append(
            problem_at(
                document,
                SchemaError((misspelled_key,), f"unknown field '{misspelled_key}' (write kind)", True, code=DOCUMENT),
            )
        )
        return None
    if kind_name:
        message = f"unknown kind {kind_name!r}" + (
            suggestion(kind_name, (*names, POLICY_TEST)) or f" (kinds are {', '.join(names)})"
        )
    else:
        message = f"'kind' is missing (kinds are {', '.join(names)})"
    problems.append(problem_at(document, SchemaError(("kind",), message, code=DOCUMENT)))
    return None
