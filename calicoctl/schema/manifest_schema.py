"""The schema of a manifest: documents of any kind, and lists of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calicoctl.kinds import KINDS
from calicoctl.schema.document_kinds import DOCUMENT_KINDS
from calicoctl.schema.store import Schema, load_schema, without_file_keywords

_LIST = "List"
"""Kind of a list of documents of any kind."""


def build_manifest_schema(name: str) -> Schema:
    """Return the schema of a manifest: a document of any kind, a list of kind List, or a typed list.

    Editors use it for policy tests and exported stored objects as well.

    Args:
        name: the name of the file, for `$id`.
    """
    policy = load_schema("policy")
    documents = {kind: without_file_keywords(load_schema(kind)) for kind in DOCUMENT_KINDS}
    typed_lists = {f"{kind.name}{_LIST}": _list_schema(f"#/$defs/{kind.name}") for kind in KINDS}
    parts = {**documents, _LIST: _list_schema("#/$defs/document"), **typed_lists}
    return {
        "$schema": policy["$schema"],
        "$id": policy["$id"].replace("policy", name),
        "title": "Calico v1 manifest",
        "description": "A manifest: a document of any kind, or a list of documents.",
        "examples": [documents[kind]["examples"][0] for kind in DOCUMENT_KINDS],
        "if": {"type": "array"},
        "then": {"items": {"type": "object", "$ref": "#/$defs/document"}},
        "else": {"$ref": "#/$defs/document"},
        "$defs": {"document": _document_schema([*parts]), **parts},
    }


def _document_schema(kinds: Sequence[str]) -> Schema:
    """Return the schema of a document of these kinds. Blank documents are valid."""
    return {
        "type": ["object", "null"],
        "required": ["kind", "apiVersion"],
        "properties": {"kind": {"description": "The kind of the resource.", "type": "string", "enum": [*kinds]}},
        "allOf": [{"if": _has_kind(kind), "then": {"$ref": f"#/$defs/{kind}"}} for kind in kinds],
    }


def _has_kind(kind: str) -> dict[str, Any]:
    # Not const: for completion, yaml-language-server takes a prefix for equal, so that policy is policyTest as well.
    return {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", "pattern": f"^{kind}$"}}}


def _list_schema(item: str) -> Schema:
    """Return the schema of a list of kind List or a typed list; `item` is the reference of its items."""
    return {
        "description": "A list of documents.",
        "type": "object",
        "required": ["kind", "apiVersion"],
        "additionalProperties": False,
        "properties": {
            "kind": {"description": "The kind of the list.", "type": "string"},
            "apiVersion": {"description": "The version of the API.", "type": "string", "const": "v1"},
            "metadata": {"description": "Ignored."},
            "items": {"description": "The documents.", "type": ["array", "null"], "items": {"$ref": item}},
        },
    }
