"""Criteria of v3 rules: those that a v1 selector can express, and those that v1 can't."""

from __future__ import annotations

from typing import Any

import pytest

from calicoctl.kinds.rules.v3_only import v1_view, v3_only_criteria
from tests.support.v3_rules import ANNOTATED_RULE, HTTP_RULE, rule, rule_with_selector

# an entity of v3, and its selector in v1
SELECTORS: list[tuple[dict[str, Any], str]] = [
    ({"namespaceSelector": "all()"}, "has(projectcalico.org/namespace)"),
    ({"namespaceSelector": "global()"}, "!has(projectcalico.org/namespace)"),
    ({"namespaceSelector": "a == 'b'"}, 'pcns.a == "b"'),
    ({"namespaceSelector": "!(has(a) || b in {'c'})"}, '!(has(pcns.a) || pcns.b in {"c"})'),
    ({"namespaceSelector": "has(a)", "selector": "has(b)"}, "(has(b)) && has(pcns.a)"),
    ({"serviceAccounts": {"selector": "has(a)"}}, "has(pcsa.a)"),
    ({"serviceAccounts": {"names": ["a", "b"]}}, "projectcalico.org/serviceaccount in {'a', 'b'}"),
    (
        {"namespaceSelector": "has(a)", "serviceAccounts": {"names": ["b"], "selector": "has(c)"}},
        "has(pcns.a) && has(pcsa.c) && projectcalico.org/serviceaccount in {'b'}",
    ),
]


@pytest.mark.parametrize(("entity", "selector"), SELECTORS)
def test_criteria_with_an_equivalent_v1_selector(entity: dict[str, Any], selector: str) -> None:
    stored = rule(source=entity)
    assert v3_only_criteria(stored) == []
    (shown,) = v1_view([stored])
    assert shown["source"] == {"selector": selector}


@pytest.mark.parametrize(
    ("stored", "criteria"),
    [
        (rule(), []),
        (rule(metadata=ANNOTATED_RULE), []),
        (rule(http=HTTP_RULE), ["http"]),
        (rule(http={}), []),
        (rule_with_selector("has(a)", services={"name": "b"}), ["source.services"]),
        (rule(source={"namespaceSelector": "has("}), ["source.namespaceSelector"]),
        (rule(future=1, destination={"other": 2}), ["future", "destination.other"]),
    ],
)
def test_criteria_that_v1_cannot_represent(stored: dict[str, Any], criteria: list[str]) -> None:
    assert v3_only_criteria(stored) == criteria
