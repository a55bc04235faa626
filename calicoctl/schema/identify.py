"""Identifiers of documents, without the validation of other fields."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from calicoctl.findings import SEMANTICS
from calicoctl.kinds import Kind
from calicoctl.manifest import Document
from calicoctl.resource import LocatedResource
from calicoctl.schema.explain import SchemaError
from calicoctl.schema.problems import problem_at
from calicoctl.schema.store import load_schema
from calicoctl.schema.types import drop_wrong_types
from calicoctl.schema.validate import (
    REVISION_FIELD,
    SchemaChecks,
    ValidationResult,
    has_normal_form,
    kind_of_document,
    manifest_revision,
)


def identify(documents: Iterable[Document]) -> ValidationResult:
    """Return only the identifiers of the documents, and the problems of their identifying fields.

    `get -f` and `delete -f` need no more.
    """
    result = ValidationResult()
    for document in documents:
        kind = kind_of_document(document, result.problems)
        if kind is None:
            continue
        value, errors = _identifying_fields(kind, document)
        problems = tuple(problem_at(document, error) for error in errors)
        result.problems.extend(problems)
        if not errors or has_normal_form(kind, {"metadata": value}, errors):
            position = document.position(document.node)
            identifier = kind.identifier(kind.normalize_metadata(value))
            result.resources.append(
                LocatedResource(identifier, position, revision=manifest_revision(value), deferred_problems=problems)
            )
    return result


def _identifying_fields(kind: Kind, document: Document) -> tuple[dict[str, Any], list[SchemaError]]:
    """Return identifying fields and revision of a document, and their errors."""
    checks = _identity_checks(kind)
    node = document.node.get("metadata")
    metadata = checks.coerce(node, []) if node else {}
    known = checks.schema["properties"]
    value = {name: metadata[name] for name in known if name in metadata} if isinstance(metadata, dict) else {}
    errors = [error._replace(path=("metadata", *error.path), at_key=False) for error in checks.schema_errors(value)]
    if not drop_wrong_types(checks.schema, value)[1]:
        errors += [SchemaError(path, message, code=SEMANTICS) for path, message in kind.check({"metadata": value})]
    return value, errors


@lru_cache
def _identity_checks(kind: Kind) -> SchemaChecks:
    """Return the checks of the identifying fields and the revision in metadata."""
    schema = load_schema(kind.name)["properties"]["metadata"]
    names = (*kind.identifying_fields, *kind.stored_only_fields, REVISION_FIELD)
    return SchemaChecks.for_schema(
        {
            **schema,
            "properties": {name: schema["properties"][name] for name in names},
            "required": [name for name in schema["required"] if name in kind.identifying_fields],
        }
    )
