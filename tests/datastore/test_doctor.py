"""Checks of `doctor` with TLS, users, and a full quota, and the inspection of servers."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from calicoctl.config import SettingValue, build
from calicoctl.config.settings import SettingsSource
from calicoctl.conversion.stored_object import IPAM_PREFIX
from calicoctl.datastore.inspection import find_denied_keys, request_metrics
from calicoctl.errors import DatastoreUnreachable
from calicoctl.operations.doctor import CheckStatus, DoctorCheck, connection_checks, exit_code, run_checks
from calicoctl.operations.write.references import NODE_REFERENCE_PREFIXES
from calicoctl.storage import PREFIX
from tests.support.etcd_cluster import EtcdCluster
from tests.support.etcd_server import HISTORY_PREFIX, Etcd, RestartableEtcd, running_etcd
from tests.support.fixture_types import OpenDatastore
from tests.support.manifests import manifest, profile
from tests.support.runner import Calicoctl

SecureEtcd = Callable[..., Etcd]


def doctor(endpoint: str, **values: str) -> list[DoctorCheck]:
    given = {"etcdEndpoints": endpoint, **values}
    source = SettingsSource({field: SettingValue(text, field) for field, text in given.items()}, None)
    return list(run_checks(lambda: source, 6.0))


def lines(checks: list[DoctorCheck], name: str) -> list[tuple[str, str]]:
    """Status and message of the checks with a name."""
    return [(check.status.value, check.message) for check in checks if check.name == name]


@pytest.fixture
def files(certificates: Path) -> dict[str, str]:
    return {
        "etcdCACertFile": str(certificates / "ca.pem"),
        "etcdCertFile": str(certificates / "client.pem"),
        "etcdKeyFile": str(certificates / "client.key"),
    }


def test_certificates(secure_etcd: SecureEtcd, certificates: Path, files: dict[str, str]) -> None:
    server = secure_etcd("server", "--client-cert-auth", f"--trusted-ca-file={certificates / 'ca.pem'}")
    checks = doctor(server.endpoint, **files)
    date = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30 * 86_400))
    expiry = f"expires in 29 days ({date}): renew it"
    assert lines(checks, "files") == [
        ("warning", f"{files['etcdCACertFile']}: CA certificate, {expiry}"),
        ("warning", f"{files['etcdCertFile']}: client certificate, {expiry}"),
        ("ok", f"{files['etcdKeyFile']}: client key"),
    ]
    assert lines(checks, "certificate") == [("warning", f"{server.endpoint}: server certificate, {expiry}")]
    assert [status for status, _ in lines(checks, "space")] == ["ok"]
    assert exit_code(checks) == 0


def test_a_key_that_others_can_read(secure_etcd: SecureEtcd, files: dict[str, str], tmp_path: Path) -> None:
    key = tmp_path / "client.key"
    key.write_bytes(Path(files["etcdKeyFile"]).read_bytes())
    key.chmod(0o644)
    checks = doctor(secure_etcd("server").endpoint, **{**files, "etcdKeyFile": str(key)})
    assert lines(checks, "files")[2] == ("warning", f"{key}: other users can read the client key (chmod 600)")


def test_a_file_that_is_wrong(certificates: Path, files: dict[str, str]) -> None:
    checks = doctor("https://127.0.0.1:1", **{**files, "etcdKeyFile": str(certificates / "server.key")})
    problem = f"{certificates / 'server.key'}: not the key of {files['etcdCertFile']}"
    message = f"{problem} (replace the file, or correct the setting)"
    assert (lines(checks, "files"), exit_code(checks)) == ([("failed", message)], 2)
    assert lines(checks, "endpoint") == [("skipped", "a file is invalid")]


def test_a_server_that_is_not_trusted(secure_etcd: SecureEtcd, certificates: Path) -> None:
    endpoint = secure_etcd("server").endpoint
    checks = doctor(endpoint, etcdCACertFile=str(certificates / "other-ca.pem"))
    ((status, message),) = lines(checks, "endpoint")
    assert status == "failed"
    assert message.startswith(f"{endpoint}: TLS: the server's certificate is not signed by the CA (check the cert")
    assert exit_code(checks) == 4


def test_a_user_without_write_permission(users_etcd: Etcd) -> None:
    checks = doctor(users_etcd.endpoint, etcdUsername="bob", etcdPassword="builder")
    assert lines(checks, "login") == [("ok", "as user 'bob'")]
    permissions = lines(checks, "permissions")
    assert [status for status, _ in permissions] == ["ok", "failed", "ok", "failed", "failed", "failed"]
    assert exit_code(checks) == 4
    write_message = permissions[1][1]
    assert write_message.startswith(f"readwrite denied for {PREFIX}bgppeers/, {PREFIX}clusterinformations/, ")
    assert f"(etcdctl role grant-permission ROLE readwrite --prefix {PREFIX}bgppeers/; " in write_message


def test_the_least_role_of_a_writer(
    users_etcd: Etcd, calicoctl: Calicoctl, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role that may write all resources, and not the history, and reads of IPAM only what refers to nodes."""
    users_etcd.etcdctl("user", "add", "writer:secret")
    users_etcd.etcdctl("role", "add", "writer")
    users_etcd.etcdctl("role", "grant-permission", "writer", "readwrite", "--prefix=true", PREFIX)
    users_etcd.etcdctl("user", "grant-role", "writer", "writer")
    checks = doctor(users_etcd.endpoint, etcdUsername="writer", etcdPassword="secret")
    assert lines(checks, "permissions")[0][1].startswith(
        f"read denied for {', '.join(sorted(NODE_REFERENCE_PREFIXES))}: needed by get, "
    )
    for prefix in NODE_REFERENCE_PREFIXES:
        users_etcd.etcdctl("role", "grant-permission", "writer", "read", "--prefix=true", prefix)
    checks = doctor(users_etcd.endpoint, etcdUsername="writer", etcdPassword="secret")
    assert [status for status, _ in lines(checks, "permissions")] == ["ok", "ok", *["failed"] * 4]
    assert lines(checks, "permissions")[2][1].startswith(f"read denied for {IPAM_PREFIX}: needed by export (")
    login = {"ETCD_ENDPOINTS": users_etcd.endpoint, "ETCD_USERNAME": "writer", "ETCD_PASSWORD": "secret"}
    for name, value in login.items():
        monkeypatch.setenv(name, value)
    applied = calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    assert (applied.exit_code, users_etcd.keys(HISTORY_PREFIX)) == (0, [])
    assert applied.stderr == (
        "warning: the change is not in the history: permission denied "
        "(grant readwrite for the prefix /calicoctl/history/, or set CALICO_HISTORY=off)\n"
    )
    users_etcd.etcdctl("role", "grant-permission", "writer", "read", "--prefix=true", HISTORY_PREFIX)
    denied = calicoctl("apply", "-f", "-", "--max-txn-ops=3", input=manifest(*(profile(f"b{n}") for n in range(9))))
    assert (denied.exit_code, denied.stderr, users_etcd.keys(HISTORY_PREFIX)) == (0, applied.stderr, [])
    assert calicoctl("delete", "profile", *(f"b{n}" for n in range(9)), env={"CALICO_HISTORY": "off"}).stderr == ""
    assert calicoctl("get", "profile").exit_code == 0
    assert calicoctl("export").exit_code == 4
    assert calicoctl("delete", "profile", "a").exit_code == 0


def test_all_permissions(users_etcd: Etcd) -> None:
    before = users_etcd.revision()
    checks = doctor(users_etcd.endpoint, etcdUsername="root", etcdPassword="secret")
    assert [status for status, _ in lines(checks, "permissions")] == ["ok"] * 6
    assert users_etcd.revision() == before


@pytest.mark.parametrize(
    ("login", "status", "message"),
    [
        (
            {"etcdUsername": "bob", "etcdPassword": "hunter2"},
            "failed",
            "can't log in as 'bob': wrong user name or password",
        ),
        ({}, "ok", "without a user name"),
    ],
)
def test_logins_that_are_rejected(users_etcd: Etcd, login: dict[str, str], status: str, message: str) -> None:
    checks = doctor(users_etcd.endpoint, **login)
    ((found, text),) = lines(checks, "login")
    assert (found, message in text, exit_code(checks)) == (status, True, 4)
    assert "hunter2" not in str(checks)


def test_a_datastore_that_is_not_set(monkeypatch: pytest.MonkeyPatch, refusing_endpoint: str) -> None:
    monkeypatch.setattr(build, "DEFAULT_AUTHORITY", refusing_endpoint.removeprefix("http://"))
    checks = list(run_checks(lambda: SettingsSource({}, None), 6.0))
    assert lines(checks, "settings") == [("ok", f"etcdEndpoints = {refusing_endpoint} (default)")]
    remedy = "(set ETCD_ENDPOINTS, or start a local etcd: calicoctl etcd start)"
    assert lines(checks, "endpoint") == [("failed", f"{refusing_endpoint}: connection refused {remedy}")]


def test_a_login_that_is_not_required(store: Etcd) -> None:
    ((status, message),) = lines(doctor(store.endpoint, etcdUsername="me", etcdPassword="x"), "login")
    assert (status, message) == (
        "warning",
        "etcd does not require a login: user 'me' is not used (etcdctl auth enable)",
    )


def test_a_full_quota(tmp_path: Path) -> None:
    with running_etcd(tmp_path, f"--quota-backend-bytes={2**20}") as server:
        with contextlib.suppress(subprocess.CalledProcessError):  # the last one is rejected
            for number in range(20):
                server.etcdctl("put", f"/other/{number}", input="x" * 500_000)
        checks = doctor(server.endpoint)
    assert [status for status, _ in lines(checks, "space")] == ["warning", "failed"]
    assert exit_code(checks) == 4


def test_the_members_of_a_cluster(tmp_path: Path) -> None:
    cluster = EtcdCluster(tmp_path)
    try:
        learner = cluster.add_learner("m3").endpoint
        killed = next(name for name in ("m0", "m1") if name != cluster.leader)
        cluster.kill(killed)
        checks = doctor(f"{learner},{cluster.endpoints}")
        problems = [message for _, message in lines(checks, "endpoint") if "only" not in message]
        assert problems[0].startswith(f"{learner}: a learner of the cluster, which rejects requests (")
        assert problems[1].startswith(f"{cluster.members[killed].endpoint}: connection refused (")
        assert (len(problems), exit_code(checks)) == (2, 0)
        assert {check.status.value for check in checks if check.name == "permissions"} == {"ok"}
        assert exit_code(doctor(learner)) == 4
        cluster.kill("m2" if cluster.leader != "m2" else next(name for name in ("m0", "m1") if name != killed))
        assert exit_code(doctor(cluster.endpoints)) == 4
    finally:
        cluster.close()


@pytest.mark.parametrize("is_leader", [False, True], ids=["follower", "leader"])
def test_a_paused_member(tmp_path: Path, is_leader: bool) -> None:
    cluster = EtcdCluster(tmp_path)
    try:
        leader = cluster.leader
        paused = leader if is_leader else next(name for name in cluster.members if name != leader)
        cluster.pause(paused)
        started = time.monotonic()
        checks = doctor(cluster.endpoints)
        seconds = time.monotonic() - started
    finally:
        cluster.close()
    problems = [message for status, message in lines(checks, "endpoint") if "for evaluation" not in message]
    skipped = [check.message for check in checks if check.status is CheckStatus.SKIPPED]
    endpoint = cluster.members[paused].endpoint
    remedy = "check that etcd runs there, and firewalls on the way"
    assert (problems, skipped) == ([f"{endpoint}: no answer within 3 s ({remedy})"], [])
    assert (exit_code(checks), seconds < 7) == (0, True)


@pytest.mark.skipif("TEST_OTHER_ETCD" not in os.environ, reason="TEST_OTHER_ETCD names no directory of another etcd")
def test_a_cluster_of_two_versions(tmp_path: Path) -> None:
    cluster = EtcdCluster(tmp_path, ("", "", os.environ["TEST_OTHER_ETCD"]))
    try:
        checks = doctor(cluster.endpoints)
    finally:
        cluster.close()
    *members, (status, text) = lines(checks, "endpoint")
    versions = sorted({found for _, message in members for found in re.findall(r"etcd (\S+), answered", message)})
    assert (status, text) == (
        "warning",
        f"the members have different versions: {', '.join(versions)} (finish the upgrade of etcd)",
    )
    assert (len(members), len(versions), exit_code(checks)) == (3, 2, 0)


def test_members_of_different_versions() -> None:
    assert list(connection_checks._check_versions({"3.5.21"})) == []
    (check,) = connection_checks._check_versions({"3.5.21", "3.4.37"})
    assert check.message.startswith("the members have different versions: 3.4.37, 3.5.21 (")


def test_the_metrics(store: Etcd, open_datastore: OpenDatastore) -> None:
    datastore = open_datastore(store.endpoint)
    metrics = request_metrics(store.endpoint, datastore.settings, 6.0)
    assert metrics.clock_difference is not None
    assert abs(metrics.clock_difference) < 2
    assert metrics.quota_bytes == 2 * 2**30
    assert 0 < (metrics.used_bytes or 0) < 2**30


def test_a_server_that_stops_answering_has_no_known_permissions(
    restartable_etcd: RestartableEtcd, open_datastore: OpenDatastore
) -> None:
    datastore = open_datastore(restartable_etcd.etcd.endpoint)
    restartable_etcd.stop()
    with pytest.raises(DatastoreUnreachable, match="can't access /calico/a"):
        find_denied_keys(datastore, ["/calico/a"], [], 1.0)
