"""v1 names to v3 names: the results of Calico's own converters."""

from __future__ import annotations

import pytest

from calicoctl.kinds.values.names import (
    has_qualifier,
    is_qualified_name,
    is_subdomain,
    normalize_name,
    v3_node_name,
    v3_policy_name,
    v3_profile_name,
)

NORMALISED = [
    ("web", "web"),
    ("Web", "web"),
    ("a/b", "a.b"),
    ("a_b", "a-b"),
    ("a__b", "a-b"),
    ("a--b", "a--b"),
    ("a-.-b", "a.b"),
    ("a..b", "a.b"),
    ("a/_/b", "a.b"),
    ("_a_", "a"),
    (".a.", "a"),
    ("...", ""),
    ("_", ""),
]


@pytest.mark.parametrize(("name", "expected"), NORMALISED)
def test_normalised(name: str, expected: str) -> None:
    assert normalize_name(name) == expected
    assert v3_node_name(name) == expected


V3_NAMES = [
    # v1 name, v3 profile, v3 policy
    ("web", "web", "web"),
    ("a--b", "a--b", "a--b"),
    ("a.b", "a.b", "a-b-69f6642c"),
    ("knp.default.foo", "knp.default.foo", "knp-default-foo-2d2b3d0f"),
    ("kns.a", "kns.a", None),
    ("k8s_ns.a", "kns.a", None),
    ("...", "-6eae3a5b", "-6eae3a5b"),
]


@pytest.mark.parametrize(("name", "profile", "policy"), V3_NAMES)
def test_v3_names(name: str, profile: str, policy: str | None) -> None:
    assert v3_profile_name(name) == profile
    if policy is not None:
        assert v3_policy_name(name) == policy


@pytest.mark.parametrize(("one", "other"), [("Web", "web"), ("a/b", "a.b"), ("a_b", "a-b"), ("a/b", "a_b")])
def test_names_that_come_out_alike_have_a_qualifier(one: str, other: str) -> None:
    assert v3_policy_name(one) != v3_policy_name(other)
    assert has_qualifier(one, v3_policy_name(one))
    assert not has_qualifier(other, v3_policy_name(one))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", True), ("a.b-c.0", True), ("a" * 253, True), ("", False), ("a" * 254, False), ("-a", False), ("a.", False),
     ("a..b", False), ("A", False), ("a_b", False), ("a\n", False), ("é", False)],
)  # fmt: skip
def test_subdomains(text: str, expected: bool) -> None:
    assert is_subdomain(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", True), ("A_b.C-0", True), ("example.com/a", True), ("a" * 63, True), ("", False), ("/a", False),
     ("a/", False), ("a/b/c", False), ("a" * 64, False), ("Ex.com/a", False), ("-a", False), ("a\n", False)],
)  # fmt: skip
def test_qualified_names(text: str, expected: bool) -> None:
    assert is_qualified_name(text) is expected
