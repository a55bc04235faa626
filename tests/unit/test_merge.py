"""A write changes what v1 can say and leaves the rest; what it has to drop is named."""

from __future__ import annotations

from typing import Any

import pytest

from calicoctl.conversion.merge import MergeResult, merge_spec
from calicoctl.kinds import find_kind
from calicoctl.kinds.rules.v3_only import has_v3_only, v1_view, v3_only_criteria


def merged(existing: dict[str, Any], new: dict[str, Any], kind: str = "policy") -> MergeResult:
    found = find_kind(kind)
    assert found
    return merge_spec(found, existing, new)


def rule(action: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"action": action, "source": {}, "destination": {}, **more}


def selecting(selector: str, **more: Any) -> dict[str, Any]:
    return rule(source={"selector": selector, **more})


HTTP = {"methods": ["GET"]}
NOTED = {"annotations": {"a": "b"}}


def test_fields_that_v1_owns_are_replaced_and_others_stay() -> None:
    existing = {"order": 1, "selector": "a", "tier": "x", "future": {"a": [1]}, "ingress": [rule()]}
    assert merged(existing, {"order": 2, "types": ["Egress"]}).spec == {
        "tier": "x", "future": {"a": [1]}, "order": 2, "types": ["Egress"],
    }  # fmt: skip


RULES: list[tuple[str, list[Any], list[Any], list[Any], tuple[str, ...]]] = [
    ("the same rule keeps what it has", [rule(metadata=NOTED, http=HTTP)], [rule()],
     [rule(metadata=NOTED, http=HTTP)], ()),
    ("an equal one in the agent's words", [{"action": "Allow", "metadata": NOTED}], [rule()],
     [{"action": "Allow", "metadata": NOTED}], ()),
    ("a new one before it", [rule(http=HTTP)], [rule("Deny"), rule()], [rule("Deny"), rule(http=HTTP)], ()),
    ("a new one behind it", [rule(http=HTTP)], [rule(), rule("Deny")], [rule(http=HTTP), rule("Deny")], ()),
    ("it goes", [rule("Deny"), rule(http=HTTP)], [rule("Deny")], [rule("Deny")], ("ingress[1]: http",)),
    ("it changes", [rule(http=HTTP)], [rule("Deny")], [rule("Deny")], ("ingress[0]: http",)),
    ("all go", [rule(http=HTTP), selecting("a", services={"name": "b"})], [], [],
     ("ingress[0]: http", "ingress[1]: source.services")),
    ("what goes has a v1 form", [selecting("has(a)", namespaceSelector="all()")], [rule()], [rule()], ()),
    ("what goes is a note only", [rule(metadata=NOTED)], [rule("Deny")], [rule("Deny")], ()),
    ("the one that v1 shows is the same", [selecting("has(a)", namespaceSelector="has(b)")],
     [selecting("(has(a)) && has(pcns.b)")], [selecting("has(a)", namespaceSelector="has(b)")], ()),
    ("two alike, one goes", [rule(http=HTTP), rule("Deny"), rule(http=HTTP)], [rule("Deny"), rule()],
     [rule("Deny"), rule(http=HTTP)], ("ingress[0]: http",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("existing", "new", "result", "losses"), [row[1:] for row in RULES], ids=[row[0] for row in RULES]
)
def test_rules(existing: list[Any], new: list[Any], result: list[Any], losses: tuple[str, ...]) -> None:
    merge = merged({"ingress": existing}, {"ingress": new})
    assert merge.spec.get("ingress", []) == result
    assert (merge.losses, merge.notes) == (losses, ())


def test_labels_that_go_are_named() -> None:
    merge = merged({"labelsToApply": {"a": "1", "c": "", "b": "2"}}, {"labelsToApply": {"b": "3"}}, "profile")
    assert (merge.spec, merge.notes) == ({"labelsToApply": {"b": "3"}}, ("labels removed: a, c",))


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
def test_criteria_that_v1_can_say_as_a_selector(entity: dict[str, Any], selector: str) -> None:
    stored = rule(source=entity)
    assert v3_only_criteria(stored) == []
    assert has_v3_only(stored)
    (shown,) = v1_view([stored])
    assert shown["source"] == {"selector": selector}


@pytest.mark.parametrize(
    ("stored", "criteria"),
    [
        (rule(), []),
        (rule(metadata=NOTED), []),
        (rule(http=HTTP), ["http"]),
        (rule(http={}), []),
        (selecting("has(a)", services={"name": "b"}), ["source.services"]),
        (rule(source={"namespaceSelector": "has("}), ["source.namespaceSelector"]),
        (rule(future=1, destination={"other": 2}), ["future", "destination.other"]),
    ],
)
def test_criteria_that_v1_can_not_say(stored: dict[str, Any], criteria: list[str]) -> None:
    assert v3_only_criteria(stored) == criteria
