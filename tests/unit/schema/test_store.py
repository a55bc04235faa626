"""Every kind has a schema, and every schema is complete."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import calicoctl
from calicoctl.kinds import KINDS, Kind
from calicoctl.kinds.column import SET_COLUMN
from calicoctl.schema.coerce import make_coercer
from calicoctl.schema.formats import FORMATS
from calicoctl.schema.store import Schema, load_schema

FOLDER = Path(calicoctl.__file__).parents[1] / "schemas"


FILES = sorted(FOLDER.glob("*.json"))


SHARED = {"storedObject", "common", "rule", "v3", "policyTest", "plan", "calicoApiConfig"}


EVERY_KIND = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])


EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])


def test_every_kind_has_a_schema_and_every_schema_a_kind() -> None:
    assert {path.stem for path in FILES} - SHARED == {kind.name for kind in KINDS}


@EVERY_FILE
def test_schemas_are_schemas(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert (schema["$schema"], schema["title"]) == (Draft202012Validator.META_SCHEMA["$id"], path.stem)
    assert schema["$id"] == f"https://calicoctl.example/schemas/{path.name}"
    assert schema["description"].endswith(".")
    assert schema["examples"]


@EVERY_KIND
def test_a_schema_is_about_its_kind(kind: Kind) -> None:
    schema = load_schema(kind.name)
    assert schema["title"] == kind.name
    assert list(schema["properties"]) == ["kind", "apiVersion", "metadata", "spec"]
    assert schema["properties"]["kind"]["const"] == kind.name
    assert {"kind", "apiVersion", "metadata"} <= set(schema["required"])


def _parts(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from _parts(part, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from _parts(schema[keyword], f"{path}[]")


@EVERY_KIND
def test_every_field_has_a_description_of_whole_sentences(kind: Kind) -> None:
    fields = [(path, part) for path, part in _parts(load_schema(kind.name), kind.name) if not path.endswith("[]")]
    assert [path for path, part in fields if not part.get("description", "").strip().endswith(".")] == []


@EVERY_KIND
def test_every_mapping_declares_its_fields(kind: Kind) -> None:
    parts = [(path, part) for path, part in _parts(load_schema(kind.name), kind.name) if part.get("type") == "object"]
    assert [path for path, part in parts if part.get("additionalProperties", True) is True] == []


@EVERY_KIND
def test_every_part_has_a_type_that_scalars_are_read_by(kind: Kind) -> None:
    known = {"object", "array", "string", "boolean", "integer", "number", str(["integer", "string"])}
    untyped = [path for path, part in _parts(load_schema(kind.name), kind.name) if str(part.get("type")) not in known]
    assert untyped == []
    make_coercer(load_schema(kind.name))


@EVERY_KIND
def test_every_format_is_known_and_every_pattern_is_anchored_and_explained(kind: Kind) -> None:
    for path, part in _parts(load_schema(kind.name), kind.name):
        assert part.get("format") is None or part["format"] in FORMATS, path
        for each in (part, part.get("propertyNames", {})):
            if "pattern" in each:
                # `$` alone lets a final line break pass in one of the two validators.
                assert each["pattern"].startswith("^"), path
                assert each["pattern"].endswith("$(?!\\n)"), path
                assert "\\d" not in each["pattern"], path
                assert each["patternErrorMessage"], path


@EVERY_KIND
def test_identifying_fields_are_in_metadata(kind: Kind) -> None:
    assert kind.identifying_fields
    assert set(kind.identifying_fields) <= set(load_schema(kind.name)["properties"]["metadata"]["properties"])
    assert set(kind.value_normalizers) <= set(kind.identifying_fields)


@EVERY_KIND
def test_columns_show_fields_that_the_schema_has(kind: Kind) -> None:
    fields = {path.removeprefix(f"{kind.name}.") for path, _ in _parts(load_schema(kind.name), kind.name)}
    assert [column.heading for column in kind.columns if column.path not in fields] == [SET_COLUMN.heading]
