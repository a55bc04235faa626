"""The schemas for editors and other programs: each without references to other files, and their catalog."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from calicoctl.schema.configuration import CONFIGURATION, load_configuration_schema
from calicoctl.schema.document_kinds import DOCUMENT_KINDS
from calicoctl.schema.fields import FORMAT_NAMES
from calicoctl.schema.format_patterns import FORMAT_PATTERNS
from calicoctl.schema.manifest_schema import build_manifest_schema
from calicoctl.schema.store import Schema, load_schema

MANIFEST = "calico-v1"
"""Name of the schema of a manifest with documents of any kind."""
PLAN = "plan"
"""Name of the schema of a saved plan."""
SCHEMA_NAMES = (*DOCUMENT_KINDS, CONFIGURATION, PLAN)
"""Names of the schemas, except that of a manifest."""
CATALOG_FILE = "catalog.json"
_CATALOG_SCHEMA = "https://json.schemastore.org/schema-catalog.json"

_ANNOTATIONS = frozenset(("otherNames", "otherValues", "laterFields"))
"""Keywords of `schemas/` for messages of calicoctl."""
_FILE_PATTERNS = {
    MANIFEST: ("*.calico.yaml", "*.calico.yml", "*.calico.json"),
    CONFIGURATION: ("calicoctl.cfg",),
}
"""Files that an editor checks without a modeline."""


def load_published_schema(name: str, base_url: str | None = None) -> Schema:
    """Return a schema without references to other files, and without keywords that only calicoctl reads.

    Args:
        name: `MANIFEST`, or a name of `SCHEMA_NAMES`.
        base_url: the URL of the directory that it is published in, with a slash at the end; None for that of `$id`.
    """
    schema = _publish(_load(name))
    return {**schema, "$id": file_name(name, base_url)} if base_url else schema


def build_schema_files(base_url: str | None = None) -> dict[str, Schema]:
    """Return the contents of a directory with all schemas and their catalog, by file name.

    Args:
        base_url: as for `load_published_schema`.
    """
    schemas = {name: load_published_schema(name, base_url) for name in (MANIFEST, *SCHEMA_NAMES)}
    return {**{file_name(name): schema for name, schema in schemas.items()}, CATALOG_FILE: _build_catalog(schemas)}


def file_name(name: str, directory: str | None = None) -> str:
    """Return the file of a schema, with the directory or URL before it."""
    return f"{directory or ''}{name}.json"


def is_schema_file(name: str, content: bytes) -> bool:
    """Return whether a file is one of `build_schema_files`, of any version and with any base URL.

    Args:
        name: the name of the file.
        content: its content.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict):
        return False
    if name == CATALOG_FILE:
        return document.get("$schema") == _CATALOG_SCHEMA
    return "$schema" in document and str(document.get("$id")).rpartition("/")[2] == name


def format_modeline(location: str) -> str:
    """Return the comment that names the schema of a YAML document for yaml-language-server.

    Args:
        location: a URL, or a path that is absolute or relative to the document.
    """
    return f"# yaml-language-server: $schema={location}\n"


def _load(name: str) -> Schema:
    if name == MANIFEST:
        return build_manifest_schema(MANIFEST)
    return load_configuration_schema() if name == CONFIGURATION else load_schema(name)


def _publish(part: Any) -> Any:
    """Return a schema with a pattern for each format, and without the annotations of calicoctl."""
    if isinstance(part, list):
        return [_publish(item) for item in part]
    if not isinstance(part, dict):
        return part
    published = {key: _publish(value) for key, value in part.items() if key not in _ANNOTATIONS}
    if isinstance(name := part.get("format"), str) and name in FORMAT_PATTERNS:
        published |= {"pattern": FORMAT_PATTERNS[name], "patternErrorMessage": f"expected {FORMAT_NAMES[name]}"}
    return published


def _build_catalog(schemas: Mapping[str, Schema]) -> Schema:
    """Return the catalog in the format of SchemaStore."""
    return {
        "$schema": _CATALOG_SCHEMA,
        "version": 1,
        "schemas": [_catalog_entry(name, schema) for name, schema in schemas.items()],
    }


def _catalog_entry(name: str, schema: Schema) -> Schema:
    title = "manifest" if name == MANIFEST else name
    entry = {"name": f"Calico v1 {title}", "description": schema["description"], "url": schema["$id"]}
    return {**entry, "fileMatch": [*_FILE_PATTERNS[name]]} if name in _FILE_PATTERNS else entry
