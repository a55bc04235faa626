"""doctor: a line for each check, and the exit code of the first failed one."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from calicoctl.operations.doctor import connection_checks, content_checks
from tests.support.etcd_server import Etcd
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import object_key, policy_key, put_cluster_information, put_object
from tests.support.tcp_proxy import TcpProxy

CLOSED = "http://127.0.0.1:1"
NAMES = [
    *("settings", "files", "endpoint", "certificate", "login", *["permissions"] * 6),
    *("calico", "objects", "policies", "clock", "space"),
]


def checks(result: Result) -> list[tuple[str, str, str]]:
    """Name, status and message of each check."""
    return [(each["check"], each["status"], each["message"]) for each in json.loads(result.stdout)]


def test_a_healthy_datastore(two_resources: Etcd, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_checks, "version_warning", lambda _version: None)
    before = (two_resources.values(), two_resources.revision())
    result = calicoctl("doctor")
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split()[:2] for line in lines[:-1]] == [["ok", name] for name in NAMES]
    assert lines[-1] == "16 ok"
    assert lines[0] == f"ok       settings     etcdEndpoints = {two_resources.endpoint} (ETCD_ENDPOINTS)"
    assert (two_resources.values(), two_resources.revision()) == before


def test_an_empty_datastore(store: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("doctor", "-o", "json")
    message = "not initialised: an empty datastore (the first write initialises it)"
    assert ("calico", "warning", message) in checks(result)
    assert (result.exit_code, store.keys()) == (0, [])


def test_unreadable_objects_and_both_layouts(
    store: Etcd, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content_checks, "_MAX_LISTED_OBJECTS", 2)
    put_object(store, policy_key("default.old"), metadata_name="x")
    for name in ("a", "b", "c\x1b"):
        store.put(policy_key(name), "x")
    assert calicoctl("apply", "-f", "-", input=POLICY).exit_code == 0
    result = calicoctl("doctor")
    assert result.exit_code == 1
    failures = [line.split(maxsplit=2)[2] for line in result.stdout.splitlines() if line.startswith("failed")]
    assert failures[0].startswith(f"{policy_key('a')} is not JSON")
    assert failures[2] == "1 other unreadable object"
    assert "\x1b" not in result.stdout


POLICY = "apiVersion: v1\nkind: policy\nmetadata: {name: new}\nspec: {selector: all()}\n"


def test_both_layouts(store: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("apply", "-f", "-", input=POLICY).exit_code == 0
    put_object(store, policy_key("default.old"), {"tier": "default"})
    (check,) = [each for each in checks(calicoctl("doctor", "-o", "json")) if each[0] == "policies"]
    assert check[1] == "warning"
    assert check[2].startswith("two layouts: 1 of Calico 3.31 and earlier, 1 of 3.32 and later (finish the upgrade")


def test_a_locked_datastore(store: Etcd, calicoctl: Calicoctl) -> None:
    put_cluster_information(store, datastoreReady=False)
    result = calicoctl("doctor", "-o", "json")
    (check,) = [each for each in checks(result) if each[0] == "calico"]
    assert (result.exit_code, check[1]) == (8, "failed")
    assert "calicoctl datastore migrate unlock" in check[2]


def test_an_unreadable_lock(store: Etcd, calicoctl: Calicoctl) -> None:
    store.put(object_key("clusterinformations", "default"), "x")
    result = calicoctl("doctor", "-o", "json")
    (check,) = [each for each in checks(result) if each[0] == "calico"]
    assert (result.exit_code, check[1]) == (8, "failed")


def test_invalid_settings(calicoctl: Calicoctl, tmp_path: Path) -> None:
    path = tmp_path / "calicoctl.cfg"
    path.write_text("apiVersion: v1\nkind: calicoApiConfig\nspec: {etcdPassword: hunter2, etcdEndpoints: x}\n")
    result = calicoctl("doctor", "-c", str(path), "-o", "json")
    found = checks(result)
    assert (result.exit_code, "hunter2" in result.stdout + result.stderr) == (2, False)
    assert [status for _, status, _ in found] == ["failed"] * 2 + ["skipped"] * 10
    assert [name for name, status, _ in found if status == "skipped"] == list(dict.fromkeys(NAMES))[1:]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-c", "/nonexistent"), "/nonexistent: no such file or directory"),
        (("--context", "test"), "--context: no configuration file (contexts are in the file of --config)"),
    ],
)
def test_settings_that_cannot_be_read(
    calicoctl: Calicoctl, clean_environment: None, arguments: tuple[str, ...], message: str
) -> None:
    result = calicoctl("doctor", *arguments, "-o", "json")
    assert (result.exit_code, result.stderr) == (2, "")
    assert checks(result)[:2] == [("settings", "failed", message), ("files", "skipped", "the settings are invalid")]


def test_no_reachable_endpoint(calicoctl: Calicoctl, clean_environment: None) -> None:
    result = calicoctl("doctor", "--endpoints", CLOSED)
    failure = (
        f"failed   endpoint     {CLOSED}: connection refused (check that etcd runs there, and firewalls on the way)"
    )
    assert result.exit_code == 4
    assert failure in result.stdout.splitlines()
    assert result.stdout.splitlines()[-1] == "2 ok, 1 failed, 8 skipped"


def test_one_of_two_endpoints_is_reachable(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("doctor", "--endpoints", f"{CLOSED},{two_resources.endpoint}", "-o", "json")
    assert result.exit_code == 0
    assert next(status for name, status, _ in checks(result) if name == "endpoint") == "warning"


def test_a_frozen_server_takes_no_longer_than_the_timeout(proxy: TcpProxy, calicoctl: Calicoctl) -> None:
    proxy.freeze()
    started = time.monotonic()
    result = calicoctl("doctor", "--endpoints", proxy.endpoint, "--timeout", "0.5")
    assert time.monotonic() - started < 2
    assert f"{proxy.endpoint}: no answer within 0.5 s" in result.stdout
    assert result.exit_code == 4
