"""Each role of `etcd roles` permits exactly its commands, on an etcd that requires a login."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from calicoctl.errors import RequestRejected
from calicoctl.operations.history.entry import HISTORY_PREFIX
from calicoctl.operations.permissions import COMMAND_GROUPS, ROLES, EtcdRole
from calicoctl.operations.roles import RoleUser, apply_roles, plan_roles
from tests.support.etcd_server import Etcd, running_etcd
from tests.support.fixture_types import OpenDatastore
from tests.support.manifests import manifest, node, policy, profile
from tests.support.runner import Calicoctl

EVERYTHING = "/calico"
"""Prefix of the keys of Calico and of the history."""
PASSWORD = "pass-Wörd'of\"a-user"
STORED = (profile("a", labels={"x": "y"}), policy("p", selector="has(x)"))
READS = {
    "get": "get all",
    "wait": "wait profile/a --for=present",
    "set list": "set list",
    "set show": "set show s",
    "diff": "diff -f new.json",
    "plan": "plan -f new.json",
    "trace": "trace --from outside --to profile:a",
    "connectivity": "connectivity",
    "test": "test --with-datastore test.json",
    "lint": "lint",
    "version": "version",
}
WRITES = {
    "apply": "apply -f new.json",
    "create": "create -f new.json",
    "replace": "replace -f changed.json",
    "delete": "delete profile b",
    "edit": "edit profile a",
    "patch": 'patch profile a -p {"metadata":{"labels":{"z":"1"}}}',
    "label": "label profile a z=1",
    "set add": "set add t profile/b",
    "set remove": "set remove s profile/a",
}
COMMANDS = {
    **READS,
    **WRITES,
    "export": "export",
    "import": "import export.yaml",
    "history": "history",
    "rollback": "rollback --last --force --yes",
}
CHANGES = {*WRITES, "import", "rollback"}
POLICY_WRITES = {
    "apply": "apply -f new-policy.json",
    "create": "create -f new-policy.json",
    "replace": "replace -f changed-policy.json",
    "delete": "delete policy q",
    "edit": "edit policy p",
    "patch": 'patch policy p -p {"spec":{"order":7}}',
    "set add": "set add t policy/q",
    "set remove": "set remove s policy/p",
    "rollback": "rollback --last --force --yes",
}
"""The commands that write, for resources of the kind policy. Before them, the last command has changed a policy."""
NODE_REFERENCES = (
    ("diff", "diff -f new.json --set s --prune"),
    ("plan", "plan -f new.json --set s --prune"),
    ("apply", "apply -f new.json --set s --prune"),
    ("delete", "delete node n1"),
)
"""Commands that also read the addresses of nodes."""
POLICY_NODE_REFERENCES = (("apply", "apply -f new-policy.json --set policies --prune"),)
"""These, for resources of the kind policy."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    """An etcd before logins are required."""
    with running_etcd(tmp_path_factory.mktemp("roles"), "--bcrypt-cost=4") as etcd:
        yield etcd


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("new.json").write_text(manifest(profile("n", labels={"x": "z"})))
    Path("changed.json").write_text(manifest(profile("a", labels={"x": "z"})))
    Path("new-policy.json").write_text(manifest(policy("n", selector="has(z)")))
    Path("changed-policy.json").write_text(manifest(policy("p", selector="has(z)")))
    case = {"name": "c", "from": {"outside": True}, "to": {"profile": "a"}, "expect": "deny"}
    test = {
        "apiVersion": "v1",
        "kind": "policyTest",
        "metadata": {"name": "t"},
        "spec": {"manifests": ["new.json"], "cases": [case]},
    }
    Path("test.json").write_text(json.dumps(test))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("EDITOR", "sed -i -e s/x:/x2:/ -e s/has(x)/has(x3)/")
    return tmp_path


def test_roles_and_commands(
    server: Etcd, calicoctl: Calicoctl, folder: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {command for group in COMMAND_GROUPS for command in group.commands} == set(COMMANDS)
    monkeypatch.setenv("ETCD_ENDPOINTS", server.endpoint)
    passwords = "".join(f"{role.name}:{PASSWORD}\n" for role in ROLES)
    assert calicoctl("etcd", "roles", "--apply", "--password-file=-", input=passwords).exit_code == 0
    assert calicoctl("apply", "-f", "-", "--set", "s", input=manifest(*STORED)).exit_code == 0
    assert calicoctl("apply", "-f", "-", input=manifest(profile("b"), policy("q"), node("n1"))).exit_code == 0
    server.put("/calico/ipam/v2/config", '{"strict_affinity":false,"auto_allocate_blocks":true}')
    Path("export.yaml").write_text(calicoctl("export").stdout)
    server.etcdctl("del", "--prefix", HISTORY_PREFIX)
    assert calicoctl("patch", "policy", "q", "-p", '{"spec":{"order":3}}').exit_code == 0
    before_policy = server.values(EVERYTHING)
    server.etcdctl("del", "--prefix", HISTORY_PREFIX)  # the last change is that of a profile
    assert calicoctl("label", "profile", "b", "changed=1").exit_code == 0
    server.put("/calico/ipam/v2/config", '{"strict_affinity":true,"auto_allocate_blocks":true}')
    before = server.values(EVERYTHING)
    root = server.enable_authentication()
    for role in ROLES:
        allowed = role.reading_commands + (() if role.only_kind else role.writing_commands)
        for command, words in (*COMMANDS.items(), *NODE_REFERENCES):
            if _run(calicoctl, root, role, command, words, allowed=command in allowed):
                _restore(server, root, before)
        _restore(server, root, before_policy)
        for command, words in (*POLICY_WRITES.items(), *POLICY_NODE_REFERENCES):
            if _run(calicoctl, root, role, command, words, allowed=command in role.writing_commands):
                _restore(server, root, before_policy)
        _restore(server, root, before)


def _run(calicoctl: Calicoctl, root: Etcd, role: EtcdRole, command: str, words: str, *, allowed: bool) -> bool:
    """Run a command as the user of a role, check the result, and return whether it has changed the datastore."""
    revision = root.revision()
    result = calicoctl(*words.split(" "), env={"ETCD_USERNAME": role.name, "ETCD_PASSWORD": PASSWORD})
    context = (role.name, words, result)
    assert PASSWORD not in str(result), context
    changed = root.revision() != revision
    if allowed:
        assert result.exit_code in {0, 1}, context  # 1: differences, denied traffic or findings
        assert "permission denied" not in result.stderr, context
        assert changed == (command in CHANGES), context
    else:
        lines = [each for each in result.stderr.splitlines() if not each.startswith("pruning of set ")]
        (line,) = [each for each in lines if each.startswith(f"{root.endpoint}: can't ")]
        # edit shows where the text is saved, and rollback shows its changes if the role may read the history
        assert command in {"edit", "rollback"} or lines == [line], context
        assert (result.exit_code, result.stdout, changed) == (4, "", False), context
        assert line.endswith(f": permission denied (user '{role.name}')"), context
    return changed


def _restore(server: Etcd, root: Etcd, values: dict[str, bytes]) -> None:
    root.etcdctl("auth", "disable")
    server.wipe()
    for key, value in values.items():
        server.put(key, value)
    server.etcdctl("auth", "enable")


def test_a_role_of_a_user_with_a_certificate(
    secure_etcd: Callable[..., Etcd],
    certificates: Path,
    calicoctl: Calicoctl,
    folder: Path,
    clean_environment: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The common name of the certificate is the name of the user; it has no password."""
    ca = certificates / "ca.pem"
    server = secure_etcd("server", "--client-cert-auth", f"--trusted-ca-file={ca}", "--bcrypt-cost=4")
    files = (f"--cert={certificates / 'client.pem'}", f"--key={certificates / 'client.key'}")
    monkeypatch.setenv("ETCD_ENDPOINTS", server.endpoint)
    for name, value in (("CA_CERT", ca), ("CERT", files[0][7:]), ("KEY", files[1][6:])):
        monkeypatch.setenv(f"ETCD_{name}_FILE", str(value))
    made = calicoctl("etcd", "roles", "calico-ci", "--user", "calico-ci=client", "--apply", "--certificates")
    assert (made.exit_code, "warning" in made.stderr) == (0, False)
    assert calicoctl("apply", "-f", "-", input=manifest(*STORED)).exit_code == 0
    etcd = replace(server, flags=(*server.flags, *files))
    etcd.enable_authentication()
    assert calicoctl("diff", "-f", "new.json").exit_code == 1
    denied = calicoctl("apply", "-f", "new.json")
    assert (denied.exit_code, "permission denied" in denied.stderr) == (4, True)
    assert calicoctl("etcd", "roles", "--apply", "--certificates").exit_code == 4


def test_an_error_has_the_finished_steps(store: Etcd, open_datastore: OpenDatastore) -> None:
    role = ROLES[0]
    datastore = open_datastore(store.endpoint)
    try:
        plan = plan_roles(datastore, [role], [RoleUser("x", role)])
        store.etcdctl("user", "add", "x:theirs")
        with pytest.raises(RequestRejected) as caught:
            apply_roles(datastore, plan, {"x": "ours"})
        problem, done = caught.value.lines
        assert problem.endswith("can't add user 'x': failed_precondition: etcdserver: user name already exists")
        assert done.startswith(f"  done before: role/{role.name} created, role/{role.name} granted read /calico/ipam")
        assert done.endswith(" (run the command again for the rest)")
        again = plan_roles(datastore, [role], [RoleUser("x", role)])
        assert (again.new_users, again.report(dry_run=False).summary) == ((), "1 configured, 1 unchanged")
    finally:
        store.etcdctl("user", "delete", "x")
        store.etcdctl("role", "delete", role.name)
