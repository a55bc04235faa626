"""get --watch: output of changes in all formats, and end of the command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests.support.etcd_server import Etcd, RestartableEtcd
from tests.support.manifests import host_endpoint, manifest, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import object_key, policy_key, profile_key, put_object
from tests.support.watch_process import TIMEOUT_SECONDS, running_command


def change(store: Etcd) -> None:
    """Add, change, touch without changing, and delete a policy."""
    put_object(store, policy_key("b"), {"order": 1})
    put_object(store, policy_key("b"), {"order": 2})
    put_object(store, policy_key("b"), {"order": 2}, labels={"another": "tool"})
    store.delete(policy_key("b"))


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (("-o", "ps"), ["EVENT NAME", "ADDED a", "ADDED b", "MODIFIED b", "DELETED b"]),
        (("-o", "name"), ["ADDED policy/a", "ADDED policy/b", "MODIFIED policy/b", "DELETED policy/b"]),
        (
            ("-o", "custom-columns=ORDER,NAME"),
            ["EVENT ORDER NAME", "ADDED <nil> a", "ADDED 1 b", "MODIFIED 2 b", "DELETED 2 b"],
        ),
        (
            ("-o", "custom-columns=NAME,X:.spec.order", "--show-labels"),
            [
                "EVENT NAME X LABELS",
                "ADDED a <none> <none>",
                "ADDED b 1 <none>",
                "MODIFIED b 2 <none>",
                "DELETED b 2 <none>",
            ],
        ),
    ],
)
def test_rows(store: Etcd, arguments: tuple[str, ...], lines: list[str]) -> None:
    put_object(store, policy_key("a"))
    with running_command("get", "policy", "--watch", *arguments) as watching:
        watching.wait_until(lambda: len(watching.lines) == len(lines) - 3)
        change(store)
        watching.expect_lines(*lines)
    assert watching.errors == []


def test_rows_without_headings(store: Etcd) -> None:
    put_object(store, policy_key("a"))
    with running_command("get", "policy", "--watch", "--no-headers") as watching:
        watching.wait_until(lambda: len(watching.lines) == 1)
        change(store)
        watching.expect_lines("ADDED a", "ADDED b", "MODIFIED b", "DELETED b")


def test_a_template_applies_to_each_resource(store: Etcd) -> None:
    put_object(store, policy_key("a"))
    with running_command("get", "policy", "-w", "-o", r"jsonpath={.metadata.name}-{.spec.order}{'\n'}") as watching:
        watching.wait_until(lambda: len(watching.lines) == 1)
        change(store)
        watching.expect_lines("a-", "b-1", "b-2", "b-2")


def test_json_is_an_object_a_line(store: Etcd) -> None:
    put_object(store, policy_key("a"))
    with running_command("get", "policies", "-w", "-o", "json") as watching:
        watching.wait_until(lambda: len(watching.lines) == 1)
        change(store)
        watching.wait_until(lambda: len(watching.lines) == 4)
    events = [json.loads(line) for line in watching.lines]
    seen = [(event["type"], event["object"]["spec"].get("order")) for event in events]
    assert seen == [("ADDED", None), ("ADDED", 1), ("MODIFIED", 2), ("DELETED", 2)]
    assert events[-1]["object"]["metadata"] == {"name": "b"}


def test_yaml_is_a_document_each(store: Etcd) -> None:
    put_object(store, policy_key("a"), {"order": 1.5})
    with running_command("get", "policy", "-w", "-o", "yaml") as watching:
        watching.wait_until(lambda: "    - ingress" in watching.lines)
        store.delete(policy_key("a"))
        watching.wait_until(lambda: watching.lines.count("    - ingress") == 2)
    assert watching.lines[:8] == [
        "---",
        "type: ADDED",
        "object:",
        "  apiVersion: v1",
        "  kind: policy",
        "  metadata:",
        "    name: a",
        "  spec:",
    ]
    half = len(watching.lines) // 2
    assert watching.lines[half + 1] == "type: DELETED"
    assert watching.lines[half + 2 :] == watching.lines[2:half]


def test_several_kinds_have_headings_of_their_own(store: Etcd) -> None:
    with running_command("get", "all", "-w") as watching:
        put_object(store, policy_key("a"))
        watching.wait_until(lambda: len(watching.lines) == 2)
        put_object(store, profile_key("b"))
        watching.expect_lines("EVENT KIND NAME", "ADDED policy a", "", "EVENT KIND NAME", "ADDED profile b")


def test_revisions_are_a_change_where_they_are_shown(store: Etcd) -> None:
    put_object(store, policy_key("a"))
    with running_command("get", "policy", "-w", "-o", "json", "--show-revision") as watching:
        watching.wait_until(lambda: len(watching.lines) == 1)
        put_object(store, policy_key("a"))
        watching.wait_until(lambda: len(watching.lines) == 2)
    first, second = (json.loads(line)["object"]["metadata"]["resourceVersion"] for line in watching.lines)
    assert int(second) == int(first) + 1


def test_names(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, policy_key("a"))
    result = calicoctl("get", "policy", "a", "b", "--watch")
    assert (result.exit_code, result.stdout, result.stderr) == (6, "", "policy/b not found\n")
    with running_command("get", "policy", "a", "b", "-w", "--ignore-not-found") as watching:
        watching.expect_lines("EVENT NAME", "ADDED a")
        put_object(store, policy_key("c"))
        put_object(store, policy_key("b"))
        watching.expect_lines("EVENT NAME", "ADDED a", "ADDED b")


def test_a_name_that_is_looked_for_by_content(store: Etcd, calicoctl: Calicoctl) -> None:
    with running_command("get", "hep", "eth0", "--node", "h1", "-w", "--ignore-not-found", "-o", "name") as watching:
        calicoctl("apply", "-f", "-", input=manifest(host_endpoint("h1", "eth1"), host_endpoint("h1", "eth0")))
        watching.expect_lines("ADDED hostEndpoint/h1/eth0")
        calicoctl("delete", "hostEndpoint/h1/eth1", "hostEndpoint/h1/eth0")
        watching.expect_lines("ADDED hostEndpoint/h1/eth0", "DELETED hostEndpoint/h1/eth0")


def test_a_profile_changes_what_a_selector_selects(store: Etcd, calicoctl: Calicoctl) -> None:
    endpoints = [host_endpoint("h1", name, profiles=["p"]) for name in ("eth0", "eth1")]
    db, web = (profile("p", labels={"role": role}) for role in ("db", "web"))
    assert calicoctl("apply", "-f", "-", input=manifest(db, *endpoints)).exit_code == 0
    with running_command("get", "hep", "--node", "h1", "-l", "role == 'db'", "-w", "-o", "name") as watching:
        both = ["hostEndpoint/h1/eth0", "hostEndpoint/h1/eth1"]
        watching.wait_until(lambda: len(watching.lines) == 2)
        calicoctl("apply", "-f", "-", input=manifest(web))
        watching.wait_until(lambda: len(watching.lines) == 4)
        calicoctl("apply", "-f", "-", input=manifest(host_endpoint("h1", "eth1", {"role": "db"}, profiles=["p"])))
        watching.expect_lines(
            *(f"ADDED {name}" for name in both), *(f"DELETED {name}" for name in both), f"ADDED {both[1]}"
        )


def test_an_unreadable_entry_is_reported_as_deleted_with_a_warning(store: Etcd) -> None:
    put_object(store, policy_key("a"))
    with running_command("get", "policy", "-w", "-o", "name") as watching:
        watching.expect_lines("ADDED policy/a")
        store.put(policy_key("a"), "{")
        watching.expect_lines("ADDED policy/a", "DELETED policy/a")
        put_object(store, policy_key("a"))
        watching.expect_lines("ADDED policy/a", "DELETED policy/a", "ADDED policy/a")
    (warning,) = watching.errors
    assert warning.startswith(f"warning: {policy_key('a')} is not JSON")


def test_a_policy_that_moves_to_another_layout_has_not_changed(store: Etcd) -> None:
    put_object(store, policy_key("default.a"), {"order": 1}, name="default.a")
    with running_command("get", "policy", "-w", "-o", "name") as watching:
        watching.expect_lines("ADDED policy/a")
        put_object(store, policy_key("a"), {"order": 1})
        store.delete(policy_key("default.a"))
        put_object(store, policy_key("b"))
        watching.expect_lines("ADDED policy/a", "ADDED policy/b")


def test_it_goes_on_when_etcd_was_away(restartable_etcd: RestartableEtcd) -> None:
    etcd = restartable_etcd.etcd
    put_object(etcd, policy_key("a"))
    put_object(etcd, policy_key("b"))
    with running_command("get", "policy", "-w", "-o", "name", "--timeout", "0.5") as watching:
        watching.expect_lines("ADDED policy/a", "ADDED policy/b")
        restartable_etcd.stop()
        watching.wait_until(lambda: len(watching.errors) == 2)
        restartable_etcd.start()
        etcd.delete(policy_key("a"))
        put_object(etcd, object_key("profiles", "c"))
        put_object(etcd, policy_key("d"))
        restartable_etcd.compact()
        watching.wait_until(lambda: len(watching.lines) == 4)
    assert set(watching.lines[2:]) == {"DELETED    policy/a", "ADDED      policy/d"}
    assert watching.errors[:2] == [
        "warning: can't reach the datastore (endpoints from: ETCD_ENDPOINTS); retrying",
        f"  {etcd.endpoint}: connection refused",
    ]
    assert watching.errors[2:] == ["the datastore is reachable again"]


def test_ctrl_c_ends_it(store: Etcd) -> None:
    with running_command("get", "policy", "--watch") as watching:
        watching.expect_lines("EVENT NAME")
        watching.process.send_signal(signal.SIGINT)
        assert watching.wait_for_exit() == 130
        watching.wait_until(lambda: [*filter(None, watching.errors)] == ["interrupted"])


def test_a_closed_stdout_ends_the_watch_without_events(store: Etcd) -> None:
    command = [sys.executable, "-m", "calicoctl", "get", "policy", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stderr
            assert process.stdout.readline() == "EVENT      NAME\n"
            process.stdout.close()
            assert process.wait(TIMEOUT_SECONDS) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        (("policy", "-o", "xml"), "-o xml: unknown format"),
        (("policy", "-o", "custom-columns=NOPE"), "unknown column NOPE"),
        (("nope",), "unknown kind 'nope'"),
    ],
)
def test_wrong_usage(store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], stderr: str) -> None:
    result = calicoctl("get", *arguments, "--watch")
    assert (result.exit_code, result.stdout) == (2, "")
    assert stderr in result.stderr


def test_an_unreachable_datastore(calicoctl: Calicoctl, clean_environment: None) -> None:
    result = calicoctl("get", "policy", "--watch", env={"ETCD_ENDPOINTS": "http://127.0.0.1:1"})
    assert (result.exit_code, result.stdout) == (4, "")
