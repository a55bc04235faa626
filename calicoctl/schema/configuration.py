"""The schema of a configuration file, with a field for each setting.

`schemas/calicoApiConfig.json` has what the tables of the settings do not contain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from calicoctl.config.known_fields import KUBERNETES_FIELDS, METADATA_FIELDS
from calicoctl.config.settings import SETTINGS
from calicoctl.schema.store import Schema, load_schema

CONFIGURATION = "calicoApiConfig"
"""Name of the schema, and the kind of the file."""
_SCALAR_TYPES = ["string", "number", "boolean", "null"]
"""Types of the value of a setting: calicoctl takes the text as written, and null as not set."""
_IGNORED: Schema = {"description": "Ignored.", "doNotSuggest": True}
"""Schema of a field that calicoctl accepts and ignores. Language servers do not suggest it."""


def load_configuration_schema() -> Schema:
    """Return the schema of a configuration file."""
    schema = load_schema(CONFIGURATION)
    settings = {each.field: {"description": f"{each.description}.", "type": _SCALAR_TYPES} for each in SETTINGS}
    sections = {
        "metadata": _with_fields(schema["properties"]["metadata"], {}, METADATA_FIELDS),
        "spec": _with_fields(schema["properties"]["spec"], settings, KUBERNETES_FIELDS),
    }
    return {**schema, "properties": {**schema["properties"], **sections}}


def _with_fields(section: Schema, fields: Mapping[str, Schema], ignored: Iterable[str]) -> Schema:
    """Return a section with more fields, and the fields of the section with more keywords."""
    own: dict[str, Schema] = section["properties"]
    merged = {name: {**fields.get(name, {}), **part} for name, part in own.items()}
    return {**section, "properties": {**dict.fromkeys(ignored, _IGNORED), **fields, **merged}}
