"""A plan does what it shows: changed plans with the right digest are refused, shown and applied alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calicoctl.operations import plan_format
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import CLUSTER_KEY, policy_key, profile_key, put_object, read_object

RULE = {"action": "allow", "protocol": "tcp", "source": {}, "destination": {"ports": [80]}}
OLD = manifest(profile("a"), profile("b"), policy("old"), policy("p", selector="has(x)", ingress=[RULE]))
NEW = manifest(profile("a", labels={"x": "y"}), profile("b"), policy("p", selector="has(x)"), policy("new", order=1))


@pytest.fixture
def content(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> dict[str, Any]:
    """A plan that creates, configures, prunes and leaves a resource unchanged."""
    assert calicoctl("apply", "-f", "-", "--set", "s", input=OLD).exit_code == 0
    options = ("--set", "s", "--prune", "--save", str(tmp_path / "x.plan"))
    assert calicoctl("plan", "-f", "-", *options, input=NEW).exit_code == 0
    loaded: dict[str, Any] = json.loads((tmp_path / "x.plan").read_text())
    del loaded["digest"]
    by_name = {f"{each['kind']}/{each['name']}": each["action"] for each in loaded["resources"]}
    assert by_name == {
        "profile/a": "configured",
        "profile/b": "unchanged",
        "policy/p": "configured",
        "policy/new": "created",
        "policy/old": "pruned",
    }
    return loaded


A, B, P, CREATED, PRUNED = range(5)
"""Indexes of the resources."""


def resource(index: int, **fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["resources"][index].update(fields)


def in_manifest(index: int, *path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        part = content["resources"][index]["manifest"]
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value

    return change


def moved_key(index: int, key: str) -> Callable[[dict[str, Any]], None]:
    return resource(index, key=key)


def hidden_resource(content: dict[str, Any]) -> None:
    """A resource again, with another manifest."""
    content["resources"].append({**content["resources"][A], "manifest": profile("a")})


def swapped(content: dict[str, Any]) -> None:
    first, third = content["resources"][A], content["resources"][P]
    first["manifest"], third["manifest"] = third["manifest"], first["manifest"]


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "a hidden write": hidden_resource,
    "hidden writes of the old format": lambda content: content.update(formatVersion=1, writes=[]),
    "a shown name that is not written": resource(A, values=["z"], name="z"),
    "the manifest of another resource": swapped,
    "a key of another resource": moved_key(A, profile_key("z")),
    "a key of another kind": moved_key(A, policy_key("a")),
    "a key of no kind": moved_key(A, CLUSTER_KEY),
    "a key outside of Calico": moved_key(CREATED, "/registry/secrets/x"),
    "a new key out of its place": moved_key(CREATED, policy_key("other")),
    "a deleted key out of its place": moved_key(PRUNED, policy_key("p")),
    "an unchanged key of another kind": moved_key(B, policy_key("b")),
    "a deletion of a resource that is no member": lambda content: content.update(set="t"),
    "a deletion without a set": lambda content: content.update(set=None),
    "another name for a deletion": resource(PRUNED, values=["p"], name="p"),
    "a change shown as unchanged": resource(A, action="unchanged"),
    "a deletion shown as kept": resource(PRUNED, action="kept"),
    "a creation shown as a change": resource(CREATED, action="configured"),
    "an action of another command": resource(PRUNED, action="deleted"),
    "an unknown action": resource(A, action="improved"),
    "a note that is not true": resource(A, notes=["does nothing"]),
    "a missing note": lambda content: content["resources"][A].update(notes=["x"], manifest=profile("a")),
    "another name in text": resource(A, name="z"),
    "an unknown field of a resource": resource(A, hidden=1),
    "an unknown field of the plan": lambda content: content.update(writes=[]),
    "an unknown kind": resource(A, kind="tier"),
    "an unknown kind in the manifest": in_manifest(A, "kind", value="tier"),
    "an unknown field": in_manifest(A, "spec", "hidden", value=1),
    "a wrong type": in_manifest(P, "spec", "order", value=[1]),
    "a control character in a name": in_manifest(CREATED, "metadata", "name", value="new\x07"),
    "a control character in a shown name": resource(CREATED, values=["new\x1b[2J"]),
    "a control character in a key": resource(CREATED, key=policy_key("new\x1b[2J")),
    "a control character in a file": resource(A, file="\x1b]0;x\x07"),
    "a bidirectional control in a note": resource(A, notes=["\u202etxt"]),
    "a control character in the set": lambda content: content.update(set="s\x07"),
    "a name that is not Unicode": resource(A, values=["\ud800"]),
    "another previous value": resource(A, before=None),
    "an unreadable previous value": resource(A, before="[]"),
    "the previous value of another resource": lambda content: content["resources"][P].update(
        before=content["resources"][PRUNED]["before"], manifest=None
    ),
    "an impossible revision": resource(CREATED, revision=5),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_plan_is_refused(
    store: Etcd, calicoctl: Calicoctl, tmp_path: Path, content: dict[str, Any], change: Callable[[dict[str, Any]], None]
) -> None:
    change(content)
    file = tmp_path / "x.plan"
    file.write_text(json.dumps({**content, "digest": plan_format.digest(content)}))
    revision = store.revision()
    shown, applied = calicoctl("plan", "--show", str(file)), calicoctl("apply", "--plan", str(file))
    assert (applied.exit_code, applied.stdout, store.revision()) == (3, "", revision)
    assert (shown.exit_code, shown.stderr) == (3, applied.stderr)
    assert applied.stderr.startswith(f"{file}: ")
    assert applied.stderr.rstrip("\n").isprintable()


def test_a_false_previous_value_is_refused_by_the_datastore(
    store: Etcd, calicoctl: Calicoctl, tmp_path: Path, content: dict[str, Any]
) -> None:
    """The diff would show less than what is written."""
    record = content["resources"][A]
    stored = json.loads(record["before"])
    stored["metadata"]["annotations"]["hidden"] = "x"
    record["before"] = json.dumps(stored)
    file = tmp_path / "x.plan"
    file.write_text(json.dumps({**content, "digest": plan_format.digest(content)}))
    revision = store.revision()
    result = calicoctl("apply", "--plan", str(file))
    assert (result.exit_code, result.stdout, store.revision()) == (5, "", revision)
    assert result.stderr.startswith("profile/a: the plan has another value than the datastore at the same revision")


def test_a_field_that_a_plan_has_twice(calicoctl: Calicoctl, tmp_path: Path, content: dict[str, Any]) -> None:
    """A reader of the file may see the first, a program the last."""
    file = tmp_path / "x.plan"
    file.write_text(file.read_text().replace('"force": false', '"force": true, "force": false'))
    result = calicoctl("plan", "--show", str(file))
    assert (result.exit_code, result.stdout) == (3, "")


def test_fields_of_other_tools_are_taken_from_the_datastore(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    put_object(store, profile_key("a"), {"ingress": []}, annotations={"other": "tool"}, uid="u-1")
    file = str(tmp_path / "x.plan")
    text = manifest(profile("a", labels={"x": "y"}))
    assert calicoctl("plan", "-f", "-", "--save", file, input=text).exit_code == 0
    assert calicoctl("apply", "--plan", file).exit_code == 0
    stored = read_object(store, profile_key("a"))
    assert (stored["metadata"]["uid"], stored["metadata"]["annotations"]["other"]) == ("u-1", "tool")


def test_the_layout_of_new_policies_counts(
    store: Etcd, calicoctl: Calicoctl, tmp_path: Path, content: dict[str, Any]
) -> None:
    put_object(store, policy_key("default.legacy"), {"tier": "default", "selector": "all()"})
    result = calicoctl("apply", "--plan", str(tmp_path / "x.plan"))
    assert (result.exit_code, store.get(policy_key("new")), store.get(policy_key("default.new"))) == (5, None, None)
    assert "  policy/new: would be created, as " in result.stderr


def test_objects_with_the_identifier_of_another_one(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    """Of two peers with one address, the second has its name in the datastore. The plan has only one of them."""
    for name in ("peer1", "peer2"):
        put_object(store, f"{profile_key('')[:-9]}bgppeers/{name}", {"peerIP": "10.0.0.1", "asNumber": 64512})
    peers = json.loads(calicoctl("get", "bgpPeer", "-o", "json").stdout)
    for peer in peers:
        peer["spec"]["asNumber"] = 64513
    file = str(tmp_path / "x.plan")
    planned = calicoctl("plan", "-f", "-", "--save", file, "-o", "json", input=json.dumps(peers))
    assert planned.exit_code == 0, planned.stderr
    assert [each["action"] for each in json.loads(planned.stdout)["resources"]] == ["configured"] * 2
    result = calicoctl("apply", "--plan", file)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "2 configured"), result.stderr
