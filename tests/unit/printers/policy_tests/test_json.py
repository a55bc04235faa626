"""Results of policy tests as JSON."""

from __future__ import annotations

import json

from tests.support.policy_test_reports import render


def test_json_has_the_same_fields_for_each() -> None:
    value = json.loads(render("json"))
    assert (value["formatVersion"], value["passed"], value["failed"]) == (1, 1, 2)
    (test,) = value["tests"]
    assert {tuple(each) for each in test["cases"]} == {
        ("name", "file", "line", "status", "expected", "message", "failures")
    }
    assert [each["status"] for each in test["cases"]] == ["passed", "failed", "vacuous"]
    assert test["notes"] == ["a note"]
    assert value["coverage"]["percent"] == 50.0
