"""Writes replace the fields of v1, keep all others, and name what they drop."""

from __future__ import annotations

from typing import Any

import pytest

from calicoctl.conversion.merge import MergeResult, merge_spec
from calicoctl.kinds import find_kind
from calicoctl.storage import StoredResource
from tests.support.v3_rules import ANNOTATED_RULE, HTTP_RULE, rule, rule_with_selector


def merge_into_stored(existing: dict[str, Any], new: dict[str, Any], kind: str = "policy") -> MergeResult:
    found = find_kind(kind)
    assert found
    stored = StoredResource(found.stored_kind.key("a"), {}, existing)
    canonical = found.to_v3(found.resource(*found.from_v3(stored))).spec
    return merge_spec(found, existing, canonical, new)


def test_fields_that_v1_owns_are_replaced_and_others_stay() -> None:
    existing = {"order": 1, "selector": "a", "tier": "x", "future": {"a": [1]}, "ingress": [rule()]}
    assert merge_into_stored(existing, {"order": 2, "types": ["Egress"]}).spec == {
        "tier": "x", "future": {"a": [1]}, "order": 2, "types": ["Egress"],
    }  # fmt: skip


RULES: list[tuple[str, list[Any], list[Any], list[Any], tuple[str, ...]]] = [
    ("the same rule keeps what it has", [rule(metadata=ANNOTATED_RULE, http=HTTP_RULE)], [rule()],
     [rule(metadata=ANNOTATED_RULE, http=HTTP_RULE)], ()),
    ("an equal one in the agent's words", [{"action": "Allow", "metadata": ANNOTATED_RULE}], [rule()],
     [{"action": "Allow", "metadata": ANNOTATED_RULE}], ()),
    ("a new one before it", [rule(http=HTTP_RULE)], [rule("Deny"), rule()], [rule("Deny"), rule(http=HTTP_RULE)], ()),
    ("a new one behind it", [rule(http=HTTP_RULE)], [rule(), rule("Deny")], [rule(http=HTTP_RULE), rule("Deny")], ()),
    ("it goes", [rule("Deny"), rule(http=HTTP_RULE)], [rule("Deny")], [rule("Deny")], ("ingress[1]: http",)),
    ("it changes", [rule(http=HTTP_RULE)], [rule("Deny")], [rule("Deny")], ("ingress[0]: http",)),
    ("all go", [rule(http=HTTP_RULE), rule_with_selector("a", services={"name": "b"})], [], [],
     ("ingress[0]: http", "ingress[1]: source.services")),
    ("what goes has a v1 form", [rule_with_selector("has(a)", namespaceSelector="all()")], [rule()], [rule()], ()),
    ("a changed one keeps its notes", [rule(metadata=ANNOTATED_RULE)], [rule("Deny")],
     [rule("Deny", metadata=ANNOTATED_RULE)], ()),
    ("another one is in its place", [rule(metadata=ANNOTATED_RULE), rule("Log")], [rule("Log"), rule("Deny")],
     [rule("Log"), rule("Deny")], ()),
    ("what goes is a note only", [rule(metadata=ANNOTATED_RULE), rule()], [rule("Deny")], [rule("Deny")], ()),
    ("the one that v1 shows is the same", [rule_with_selector("has(a)", namespaceSelector="has(b)")],
     [rule_with_selector("(has(a)) && has(pcns.b)")], [rule_with_selector("has(a)", namespaceSelector="has(b)")], ()),
    ("two alike, one goes", [rule(http=HTTP_RULE), rule("Deny"), rule(http=HTTP_RULE)], [rule("Deny"), rule()],
     [rule("Deny"), rule(http=HTTP_RULE)], ("ingress[0]: http",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("existing", "new", "result", "losses"), [row[1:] for row in RULES], ids=[row[0] for row in RULES]
)
def test_rules(existing: list[Any], new: list[Any], result: list[Any], losses: tuple[str, ...]) -> None:
    merge = merge_into_stored({"ingress": existing}, {"ingress": new})
    assert merge.spec.get("ingress", []) == result
    assert (merge.losses, merge.notes) == (losses, ())


def test_labels_that_go_are_named() -> None:
    merge = merge_into_stored(
        {"labelsToApply": {"a": "1", "c": "", "b": "2"}}, {"labelsToApply": {"b": "3"}}, "profile"
    )
    assert (merge.spec, merge.notes) == ({"labelsToApply": {"b": "3"}}, ("labels removed: a, c",))
