"""Every field of every kind with a value of every wrong type: a problem at this field, and never an internal error.

The same for values of the right type that are wrong: what validation returns in spite of problems can be converted.
"""

from __future__ import annotations

from typing import Any

import pytest

from calicoctl.kinds import KINDS, Kind
from calicoctl.manifest.writer import to_json
from calicoctl.schema.identify import identify
from calicoctl.schema.store import Schema, load_schema
from tests.support.read_resources import parse_documents, read_resources
from tests.support.runner import Calicoctl
from tests.support.wrong_types import MANIFESTS, SAMPLES, fields, type_names, with_value


def is_wrong(schema: Schema, name: str) -> bool:
    """Whether values of a type are of a wrong type. In text fields, a manifest can contain numbers and booleans."""
    types = type_names(schema)
    as_text = "string" in types and name in {"integer", "number", "boolean"}
    return not (name in types or as_text or (name == "integer" and "number" in types))


TYPE_NAMES: dict[type, str] = {str: "string", int: "integer", bool: "boolean", list: "array", dict: "object"}
CASES = [
    (kind.name, path, name)
    for kind in KINDS
    for path, schema in fields(load_schema(kind.name))
    for name in SAMPLES
    if path != ("kind",) and is_wrong(schema, name)
]


def test_the_samples_are_valid() -> None:
    assert set(MANIFESTS) == {kind.name for kind in KINDS}
    for manifest in MANIFESTS.values():
        assert read_resources(to_json([manifest]), "x.json")[1] == []


WRONG_VALUES: tuple[Any, ...] = (
    "ipPool",
    "",
    " ",
    "\u0661",
    "-",
    "10.0.0.0/99",
    "all(",
    2**70,
    -1,
    10**400,
    True,
    [],
    {},
    [""],
    {"": ""},
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_wrong_values_are_problems_or_can_be_converted(calicoctl: Calicoctl, kind: Kind) -> None:
    manifests = [
        with_value(MANIFESTS[kind.name], path, value)
        for path, schema in fields(load_schema(kind.name))
        for value in WRONG_VALUES
        if not is_wrong(schema, TYPE_NAMES[type(value)])
    ]
    result = calicoctl("convert", "--to", "v3", "-f", "-", input=to_json(manifests))
    assert (result.exit_code, result.stdout) == (3, ""), result.stderr


@pytest.mark.parametrize("kind", sorted(MANIFESTS))
def test_a_wrong_type_is_a_problem_of_the_field(kind: str) -> None:
    for _, path, name in (case for case in CASES if case[0] == kind):
        text = to_json([with_value(MANIFESTS[kind], path, SAMPLES[name])])
        resources, problems = read_resources(text, "x.json")
        assert not resources
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
        readable = steps.replace(".nat-outgoing", "['nat-outgoing']")
        assert [problem.path for problem in problems if problem.path == readable], (path, name, problems)
        identify(parse_documents(text, "x.json").documents)
