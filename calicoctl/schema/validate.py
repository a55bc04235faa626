"""Validation of documents: v1 resources, or the problems found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field, replace
from functools import lru_cache
from typing import Any, NamedTuple

from calicoctl.deferred_imports import defer_imports
from calicoctl.errors import Problem
from calicoctl.findings import AMBIGUOUS, DOCUMENT, MISLEADING, SCHEMA, SEMANTICS
from calicoctl.kinds import KINDS, Kind
from calicoctl.kinds.rules import DIRECTIONS
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.lazy_dataclass import dataclass
from calicoctl.manifest import Document
from calicoctl.resource import API_VERSION, FieldPath, LocatedResource
from calicoctl.schema.coerce import Coercer, CoercionNote, make_coercer
from calicoctl.schema.document_kinds import DOCUMENT_KINDS
from calicoctl.schema.explain import SchemaError, explain_errors
from calicoctl.schema.foreign_documents import foreign_document_problem
from calicoctl.schema.formats import FORMATS
from calicoctl.schema.problems import kind_name, missing_kind_error, note_paths, problem_at
from calicoctl.schema.store import Schema, load_schema
from calicoctl.schema.types import drop_wrong_types
from calicoctl.suggestion import suggestion

_KINDS = {kind.name: kind for kind in KINDS}
REVISION_FIELD = "resourceVersion"


@dataclass
class ValidationResult:
    """Resources of the documents, and problems and warnings of all documents.

    A resource with problems is contained if it has a normal form anyway; these are its `deferred_problems`.
    """

    resources: list[LocatedResource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @property
    def has_only_deferred_problems(self) -> bool:
        """Whether each problem is a deferred one, see `LocatedResource`."""
        return len(self.problems) == sum(len(item.deferred_problems) for item in self.resources)

    @staticmethod
    def merge(parts: Iterable[ValidationResult]) -> ValidationResult:
        """Return the results of several parts of the documents as one."""
        merged = ValidationResult()
        for part in parts:
            merged.resources += part.resources
            merged.problems += part.problems
            merged.warnings += part.warnings
        return merged

    def add_notes(self, document: Document, notes: list[CoercionNote]) -> None:
        """Add the notes about scalars of a document as problems or warnings."""
        if not notes:
            return
        for note, path in zip(notes, note_paths(document.node, notes), strict=True):
            problem = problem_at(document, SchemaError(path, note.message, code=AMBIGUOUS if note.warning else SCHEMA))
            (self.warnings if note.warning else self.problems).append(problem)


class SchemaChecks(NamedTuple):
    """A schema with its compiled coercer and validator."""

    schema: Schema
    coerce: Coercer
    is_valid: Callable[[Any], bool]

    @classmethod
    def for_schema(cls, schema: Schema) -> SchemaChecks:
        """Compile a schema."""
        # jsonschema_rs imports email.utils, which imports these.
        defer_imports("calendar", "random", "selectors", "socket")
        from jsonschema_rs import Draft202012Validator

        formats = {name: (lambda text, check=check: check(text) is None) for name, check in FORMATS.items()}
        validator = Draft202012Validator(schema, formats=formats, validate_formats=True)
        return cls(schema, make_coercer(schema), validator.is_valid)

    def schema_errors(self, value: Any) -> Iterator[SchemaError]:
        """Yield the errors of a value."""
        if not self.is_valid(value):
            yield from explain_errors(self.schema, value)


@lru_cache
def checks_for(kind: str, load: Callable[[str], Schema] = load_schema) -> SchemaChecks:
    """Return the checks of a kind; `load` returns the schema of its name."""
    return SchemaChecks.for_schema(load(kind))


def validate(
    documents: Iterable[Document],
    *,
    generate_names: bool = False,
    identify_only: bool = False,
    with_positions: bool = False,
) -> ValidationResult:
    """Validate all documents, and return all their problems.

    Args:
        documents: documents of any kind. v3 manifests and policy tests are problems.
        generate_names: whether a resource without a name gets one, if its kind generates names.
        identify_only: whether to compute only the identifiers of the resources and not their normal form. This takes a
            third less time.
        with_positions: whether the resources can locate their fields in the source.
    """
    result = ValidationResult()
    for document in documents:
        before = len(result.resources)
        _validate(document, result, generate_names=generate_names, identify_only=identify_only)
        if with_positions:
            result.resources[before:] = [
                replace(item, locate_field=document.locate_field, empty_fields=document.empty_fields)
                for item in result.resources[before:]
            ]
    return result


def _validate(document: Document, result: ValidationResult, *, generate_names: bool, identify_only: bool) -> None:
    kind = kind_of_document(document, result.problems)
    if kind is None:
        return
    notes: list[CoercionNote] = []
    value = checks_for(kind.name).coerce(document.node, notes)
    if generate_names and isinstance(value.get("metadata"), dict) and (name := kind.generate_name()):
        value["metadata"].setdefault("name", name)
    before = len(result.problems)
    result.add_notes(document, notes)
    has_type_problems = len(result.problems) > before
    errors = list(validation_errors(kind, value))
    problems = tuple(problem_at(document, error) for error in errors)
    result.problems.extend(problems)
    if has_type_problems or (errors and not has_normal_form(kind, value, errors)):
        return
    metadata, position = value["metadata"], document.position(document.node)
    result.warnings.extend(
        problem_at(document, SchemaError(*finding, code=MISLEADING)) for finding in kind.warn(metadata)
    )
    if identify_only:
        identifier = kind.identifier(kind.normalize_metadata(metadata))
        item = LocatedResource(identifier, position, revision=manifest_revision(metadata), deferred_problems=problems)
    else:
        resource = kind.resource(*kind.normalize(value))
        item = LocatedResource(
            resource.identifier, position, resource, manifest_revision(metadata), deferred_problems=problems
        )
    result.resources.append(item)


def has_normal_form(kind: Kind, value: dict[str, Any], errors: Iterable[SchemaError]) -> bool:
    """Return whether an invalid manifest has a normal form, also in v3: all fields are known, with the right types."""
    if any(error.at_key or error.path == ("metadata", REVISION_FIELD) for error in errors):
        return False
    return not drop_wrong_types(checks_for(kind.name).schema, value)[1] and _can_be_normalized(kind, value)


def _can_be_normalized(kind: Kind, value: dict[str, Any]) -> bool:
    try:
        kind.to_v3(kind.resource(*kind.normalize(value)))
    except (KeyError, ValueError):  # a required field is missing, or a value has no normal form, or none in v3
        return False
    return True


def validation_errors(kind: Kind, value: dict[str, Any]) -> Iterator[SchemaError]:
    """Yield the errors of a manifest: those of the schema, and those of the kind's check at other paths."""
    checks = checks_for(kind.name)
    error_paths: set[FieldPath] = set()
    for error in checks.schema_errors(value):
        error_paths.add(error.path)
        yield error
    for path, message in _kind_findings(kind, checks.schema, value) if error_paths else kind.check(value):
        if path not in error_paths:
            yield SchemaError(path, message, code=SEMANTICS)


def _kind_findings(kind: Kind, schema: Schema, value: dict[str, Any]) -> Iterator[FieldFinding]:
    """Yield the findings of a kind for the values that have the right types.

    If another field than a rule has a wrong type, only findings of rules remain: they do not depend on other fields.
    """
    well_typed, wrong_paths = drop_wrong_types(schema, value)
    rules_only = not all(_is_in_rule(path) for path in wrong_paths)
    return (finding for finding in kind.check(well_typed) if not rules_only or _is_in_rule(finding[0]))


def _is_in_rule(path: FieldPath) -> bool:
    return len(path) > 2 and path[1] in DIRECTIONS


def manifest_revision(metadata: dict[str, Any]) -> int | None:
    """Return the `resourceVersion` of valid metadata, or None."""
    return int(metadata[REVISION_FIELD]) if REVISION_FIELD in metadata else None


def kind_of_document(document: Document, problems: list[Problem]) -> Kind | None:
    """Return the kind of a document; None, and a problem, if it is not a v1 resource."""
    kind = _KINDS.get(kind_name(document))
    if kind and document.node.get_text("apiVersion") == API_VERSION:  # most documents
        return kind
    problem = foreign_document_problem(document)
    if problem or kind is None:
        problems.append(problem or problem_at(document, _unknown_kind_error(document)))
        return None
    return kind


def _unknown_kind_error(document: Document) -> SchemaError:
    for key in document.node.entries:
        if key.lower() == "kind" != key:
            return SchemaError((key,), f"unknown field '{key}' (write kind)", at_key=True, code=DOCUMENT)
    name = kind_name(document)
    if not name:
        return missing_kind_error(_KINDS)
    words = {kind.stored_kind.kind: kind.name for kind in KINDS} | {word: word for word in DOCUMENT_KINDS}
    hint = suggestion(name, words) or f" (kinds are {', '.join(_KINDS)})"
    return SchemaError(("kind",), f"unknown kind {name!r}{hint}", code=DOCUMENT)
