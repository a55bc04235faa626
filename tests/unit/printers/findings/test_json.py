"""Findings as JSON."""

from __future__ import annotations

import json

import pytest

from tests.support.findings import FINDINGS, render, single_finding

# --- json --------------------------------------------------------------------------------------------------


def test_json_has_the_same_fields_for_each() -> None:
    entries = json.loads(render("json", FINDINGS))
    assert entries[0] == {
        "severity": "error",
        "code": "schema",
        "kind": "policy",
        "name": "web",
        "file": "a.yaml",
        "line": 9,
        "column": 13,
        "path": "spec.ingress[0].action",
        "message": "'alow' is not allowed",
    }
    assert entries[3]["severity"] == "warning"
    unknown = {name for name, value in entries[4].items() if value is None}
    assert unknown == {"kind", "name", "line", "column", "path"}
    assert {tuple(entry) for entry in entries} == {tuple(entries[0])}
    assert json.loads(render("json")) == []


@pytest.mark.parametrize(
    ("subject", "kind", "name"),
    [
        ("hostEndpoint/host1/eth0", "hostEndpoint", "host1/eth0"),
        ("policy/?", "policy", None),
        ("?/?", None, None),
        ("", None, None),
    ],
)
def test_json_separates_kind_and_name(subject: str, kind: str | None, name: str | None) -> None:
    (entry,) = json.loads(render("json", single_finding(subject=subject)))
    assert (entry["kind"], entry["name"]) == (kind, name)
