"""`calicoctl set`, and the set of a resource in `get`."""

from __future__ import annotations

import json

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl, output_lines
from tests.support.stored_objects import policy_key, profile_key, put_object, read_object

WEB = manifest(profile("a"), policy("b"))
FOREIGN = {"example.com/note": "kept"}


@pytest.fixture
def sets(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    """Set web with profile/a and policy/b, set mail with policy/c, and policy/free."""
    for text, options in ((WEB, ("--set", "web")), (manifest(policy("c")), ("--set", "mail"))):
        assert calicoctl("apply", "-f", "-", *options, input=text).exit_code == 0
    assert calicoctl("apply", "-f", "-", input=manifest(policy("free", annotations=FOREIGN))).exit_code == 0
    return store


def test_sets_are_listed(sets: Etcd, calicoctl: Calicoctl) -> None:
    assert output_lines(calicoctl("set", "list")) == [
        "SET    RESOURCES   KINDS",
        "mail   1           policy 1",
        "web    2           profile 1, policy 1",
    ]
    assert output_lines(calicoctl("set", "list", "-o", "name")) == ["mail", "web"]
    mail, web = json.loads(calicoctl("set", "list", "-o", "json").stdout)
    assert mail == {"name": "mail", "resources": [{"kind": "policy", "name": "c"}]}
    assert len(web["resources"]) == 2


def test_a_store_without_sets(store: Etcd, calicoctl: Calicoctl) -> None:
    assert output_lines(calicoctl("set", "list")) == ["SET   RESOURCES   KINDS"]
    result = calicoctl("set", "show", "web")
    assert (result.exit_code, result.stderr) == (6, "set 'web' not found (the datastore has no set)\n")


def test_members_are_shown(sets: Etcd, calicoctl: Calicoctl) -> None:
    assert output_lines(calicoctl("set", "show", "web", "-o", "name")) == ["profile/a", "policy/b"]
    assert calicoctl("apply", "-f", "-", "--set", "web", input=calicoctl("set", "show", "web", "-o", "yaml").stdout)
    result = calicoctl("set", "show", "other")
    assert (result.exit_code, result.stderr) == (6, "set 'other' not found (sets are mail, web)\n")


def test_get_filters_by_set(sets: Etcd, calicoctl: Calicoctl) -> None:
    assert output_lines(calicoctl("get", "policies", "--set", "web", "-o", "name")) == ["policy/b"]
    assert output_lines(calicoctl("get", "all", "--set", "mail", "-o", "name")) == ["policy/c"]
    assert output_lines(calicoctl("get", "policies", "--set", "none", "-o", "name")) == []
    assert calicoctl("get", "policy", "b", "--set", "mail").stderr == "policy/b not found\n"


def test_the_set_is_a_column(sets: Etcd, calicoctl: Calicoctl) -> None:
    wide = output_lines(calicoctl("get", "policies", "-o", "wide"))
    assert [line.split()[-1] for line in wide] == ["SET", "web", "mail", wide[3].split()[-1]]
    assert "web" not in wide[3]
    assert "SET" not in calicoctl("get", "policies").stdout
    assert "SET" not in calicoctl("get", "policy", "free", "-o", "wide").stdout
    columns = output_lines(calicoctl("get", "policies", "-o", "custom-columns=NAME,SET"))
    assert columns == ["NAME   SET", "b      web", "c      mail", "free"]


def test_resources_join_and_leave(sets: Etcd, calicoctl: Calicoctl) -> None:
    before = read_object(sets, policy_key("free"))
    added = calicoctl("set", "add", "web", "policy/free", "profile/a")
    assert added.stdout == (
        "policy/free configured (joins set 'web')\nprofile/a unchanged\n1 configured, 1 unchanged\n"
    )
    assert read_object(sets, policy_key("free"))["metadata"]["annotations"] != before["metadata"]["annotations"]
    removed = calicoctl("set", "remove", "policy/free", "profile/a")
    assert removed.stdout.splitlines()[:2] == [
        "policy/free configured (leaves set 'web')",
        "profile/a configured (leaves set 'web')",
    ]
    assert read_object(sets, policy_key("free")) == before
    assert calicoctl("set", "remove", "policy/free").stdout == "policy/free unchanged\n1 unchanged\n"
    pruned = calicoctl("apply", "-f", "-", "--set", "web", "--prune", input=manifest(profile("new")))
    assert pruned.stdout == "profile/new created\npolicy/b pruned\n1 created, 1 pruned\n"


def test_a_move_needs_force(sets: Etcd, calicoctl: Calicoctl) -> None:
    revision = sets.revision()
    refused = calicoctl("set", "add", "mail", "policy/b")
    assert (refused.exit_code, refused.stderr) == (8, "policy/b: belongs to set 'web' (--force moves it to 'mail')\n")
    wrong = calicoctl("set", "remove", "mail", "policy/b")
    assert (wrong.exit_code, wrong.stderr) == (5, "policy/b: belongs to set 'web', not to 'mail'\n")
    free = calicoctl("set", "remove", "mail", "policy/free")
    assert (free.exit_code, free.stderr) == (5, "policy/free: belongs to no set, not to 'mail'\n")
    assert calicoctl("set", "add", "mail", "policy/b", "--force", "--dry-run").exit_code == 0
    assert sets.revision() == revision
    moved = calicoctl("set", "add", "mail", "policy/b", "--force")
    assert moved.stdout == "policy/b configured (moves from set 'web' to 'mail')\n1 configured\n"


def test_a_set_ends_without_members(sets: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("set", "remove", "web", "--all")
    assert result.stdout.endswith("2 configured\n")
    assert output_lines(calicoctl("set", "list", "-o", "name")) == ["mail"]
    assert calicoctl("set", "remove", "web", "--all").exit_code == 6


def test_objects_of_other_tools(sets: Etcd, calicoctl: Calicoctl) -> None:
    """An unreadable object is reported, and v3-only fields stay."""
    sets.put(profile_key("a"), "[]")
    result = calicoctl("set", "add", "web", "profile/a")
    assert (result.exit_code, "delete it first" in result.stderr) == (8, True)
    rule = {"action": "Allow", "http": {"methods": ["GET"]}}
    put_object(sets, policy_key("v3"), {"ingress": [rule]}, labels={"x": "y"})
    assert calicoctl("set", "add", "web", "policy/v3").exit_code == 0
    stored = read_object(sets, policy_key("v3"))
    assert (stored["spec"]["ingress"], stored["metadata"]["labels"]) == ([rule], {"x": "y"})


@pytest.mark.parametrize(
    "arguments",
    [
        ("show",),
        ("show", "a b"),
        ("add", "web"),
        ("add", "a b", "policy/b"),
        ("add", "web", "policy", "b"),
        ("remove",),
        ("remove", "web"),
        ("remove", "--all"),
        ("remove", "web", "policy/b", "--all"),
        ("remove", "policy/b", "web"),
        ("remove", "policy/b", "--dry-run=client"),
        ("add", "web", "policy/b", "--dry-run=client"),
    ],
)
def test_wrong_usage(sets: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...]) -> None:
    assert calicoctl("set", *arguments).exit_code == 2
