"""v3 manifests as the objects that Calico's calicoctl 3 would store for them; for the analysis only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from calicoctl.conversion.v3_manifest import as_stored
from calicoctl.findings import DOCUMENT
from calicoctl.kinds import Kind
from calicoctl.kinds.bgp_peer import BGP_PEER
from calicoctl.kinds.ip_pool import IP_POOL
from calicoctl.kinds.node import NODE
from calicoctl.kinds.policy import POLICY
from calicoctl.kinds.workload_endpoint import DEFAULT_NAMESPACE
from calicoctl.manifest import Document
from calicoctl.resource import Identifier, LocatedResource
from calicoctl.schema.coerce import CoercionNote
from calicoctl.schema.explain import SchemaError
from calicoctl.schema.from_v3 import unknown_fields
from calicoctl.schema.problems import kind_name, missing_kind_error, problem_at
from calicoctl.schema.store import Schema, load_stored_schema
from calicoctl.schema.v3_kinds import (
    NAMESPACED_V3_KINDS,
    NETWORK_POLICY_KIND,
    OTHER_KINDS,
    STAGED_KINDS,
    V3_KINDS,
    V3_ONLY_KINDS,
)
from calicoctl.schema.v3_object_checks import v3_object_errors
from calicoctl.schema.validate import SchemaChecks, ValidationResult, checks_for
from calicoctl.storage import StoredKind, StoredResource
from calicoctl.suggestion import suggestion

_UNANALYSED_KINDS = OTHER_KINDS | {BGP_PEER.stored_kind.kind}
"""Kinds that do not affect traffic."""
_LOOSE_KINDS = frozenset((IP_POOL.stored_kind, NODE.stored_kind, *STAGED_KINDS))
"""Kinds whose schemas do not have all fields, so that an unknown field is not an error."""
_UNEVALUATED_FIELDS = frozenset(
    ("http", "metadata", "services", "performanceHints", "status", "allowSpoofedSourcePrefixes", "qosControls")
)
"""Fields of Calico 3 without a schema."""


@dataclass(frozen=True, kw_only=True)
class LocatedV3Object(LocatedResource):
    """v3 object of a manifest, with its position. `resource` is None."""

    v1_kind: Kind | None
    """Kind of its v1 form; None if v1 does not have the kind."""
    stored_kind: StoredKind
    stored: StoredResource
    """The object as it would be stored."""


def read_v3_object(document: Document, result: ValidationResult) -> LocatedV3Object | None:
    """Return the object of a v3 manifest.

    None if its kind does not affect traffic, or if it has problems, which are added to the result.
    """
    name = kind_name(document)
    if name in _UNANALYSED_KINDS:
        return None
    v1_kind = V3_KINDS.get(name)
    kind = v1_kind.stored_kind if v1_kind else V3_ONLY_KINDS.get(name)
    if kind is None:
        result.problems.append(problem_at(document, _unknown_kind_error(name)))
        return None
    value = read_value(
        document,
        checks_for(kind.kind, load_stored_schema),
        result,
        is_complete=kind not in _LOOSE_KINDS,
        other_errors=partial(v3_object_errors, kind.kind),
    )
    if value is None:
        return None
    stored = _stored_v1_kind(v1_kind, value) if v1_kind else _stored_v3_only(kind, value)
    identifier = v1_kind.identifier(v1_kind.metadata_from_v3(stored)) if v1_kind else _v3_identifier(kind, stored)
    position = document.position(document.node)
    return LocatedV3Object(identifier, position, v1_kind=v1_kind, stored_kind=kind, stored=stored)


def _unknown_kind_error(name: str) -> SchemaError:
    kinds = [*V3_KINDS, *V3_ONLY_KINDS]
    if not name:
        return missing_kind_error(kinds)
    hint = suggestion(name, kinds) or f" (kinds are {', '.join(kinds)})"
    return SchemaError(("kind",), f"unknown kind {name!r}{hint}", code=DOCUMENT)


OtherErrors = Callable[[Mapping[str, Any]], Iterable[SchemaError]]


def read_value(
    document: Document,
    checks: SchemaChecks,
    result: ValidationResult,
    *,
    is_complete: bool,
    other_errors: OtherErrors,
) -> dict[str, Any] | None:
    """Return the value of a document; None, and its problems in the result, if it is not valid.

    Args:
        document: the document.
        checks: checks of its kind.
        result: result that problems are added to.
        is_complete: whether the schema has all fields of the spec: an unknown field is a problem, as in calicoctl 3.
        other_errors: returns the errors that a schema cannot express.
    """
    before = len(result.problems)
    notes: list[CoercionNote] = []
    value: dict[str, Any] = checks.coerce(document.node, notes)
    result.add_notes(document, [note for note in notes if not note.warning])  # warnings are about calicoctl 1.6
    errors = list(checks.schema_errors(value))
    errors += _unknown_field_errors(document, checks.schema) if is_complete else ()
    errors += other_errors(value) if not errors and len(result.problems) == before else ()
    result.problems.extend(problem_at(document, error) for error in errors)
    return None if len(result.problems) > before else value


def _unknown_field_errors(document: Document, schema: Schema) -> Iterator[SchemaError]:
    for path, hint in unknown_fields(document, schema):
        if path[0] == "spec" and path[-1] not in _UNEVALUATED_FIELDS:
            yield SchemaError(path, f"unknown field {str(path[-1])!r}{hint}", at_key=True)


def _stored_v1_kind(kind: Kind, value: dict[str, Any]) -> StoredResource:
    stored = as_stored(kind, value)
    metadata, spec = dict(stored.metadata), dict(stored.spec)
    kind.set_layout_metadata(metadata, spec, stored.segment, True)
    return StoredResource(stored.key, metadata, spec)


def _stored_v3_only(kind: StoredKind, value: dict[str, Any]) -> StoredResource:
    metadata, spec = dict(value["metadata"]), dict(value.get("spec") or {})
    if kind in NAMESPACED_V3_KINDS:
        metadata["namespace"] = metadata.get("namespace") or DEFAULT_NAMESPACE
    if kind is NETWORK_POLICY_KIND:
        POLICY.set_v3_defaults(metadata, spec)
    key = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
    return StoredResource(kind.key(key), metadata, spec)


def _v3_identifier(kind: StoredKind, stored: StoredResource) -> Identifier:
    return Identifier(kind.kind, tuple(kind.key_suffix(stored.key).split("/")))
