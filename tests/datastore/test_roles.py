"""Roles of etcd and commands: each command is allowed or denied as docs/datastore/doctor.md describes it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from calicoctl.operations.doctor.permission_checks import COMMAND_GROUPS
from calicoctl.operations.history.entry import HISTORY_PREFIX
from calicoctl.storage import PREFIX
from tests.support.etcd_server import Etcd, running_etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import policy_key

EVERYTHING = "/calico"
"""Prefix of the keys of Calico and of the history."""
PASSWORD = "pass-Wörd'of\"a-user"
ROLES = {
    "reader": [("read", PREFIX)],
    "policy-writer": [("read", PREFIX), ("readwrite", policy_key(""))],
    "writer": [("readwrite", PREFIX)],
    "admin": [("readwrite", PREFIX), ("readwrite", "/calico/ipam/v2/"), ("readwrite", HISTORY_PREFIX)],
}
"""The roles of docs/datastore/doctor.md, and those of `export`, `import`, `history` and `rollback`."""
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


def is_allowed(role: str, command: str) -> bool:
    group = next(group for group in COMMAND_GROUPS if command in group.commands)
    granted = {
        (needed, prefix)
        for permission, prefix in ROLES[role]
        for needed in {"read": ("read",), "readwrite": ("read", "readwrite")}[permission]
    }
    return all(
        any(need == group.permission and prefix.startswith(has) for need, has in granted) for prefix in group.prefixes
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    """An etcd with a user of each role, before logins are required."""
    with running_etcd(tmp_path_factory.mktemp("roles"), "--bcrypt-cost=4") as etcd:
        etcd.etcdctl("user", "add", "root:secret")
        etcd.etcdctl("user", "grant-role", "root", "root")
        for role, permissions in ROLES.items():
            etcd.etcdctl("role", "add", role)
            for permission, prefix in permissions:
                etcd.etcdctl("role", "grant-permission", role, permission, "--prefix", prefix)
            etcd.etcdctl("user", "add", role, "--interactive=false", input=PASSWORD)
            etcd.etcdctl("user", "grant-role", role, role)
        yield etcd


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("new.json").write_text(manifest(profile("n", labels={"x": "z"})))
    Path("changed.json").write_text(manifest(profile("a", labels={"x": "z"})))
    case = {"name": "c", "from": {"outside": True}, "to": {"profile": "a"}, "expect": "deny"}
    test = {
        "apiVersion": "v1",
        "kind": "policyTest",
        "metadata": {"name": "t"},
        "spec": {"manifests": ["new.json"], "cases": [case]},
    }
    Path("test.json").write_text(json.dumps(test))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("EDITOR", "sed -i s/x:/x2:/")
    return tmp_path


def test_roles_and_commands(
    server: Etcd, calicoctl: Calicoctl, folder: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {command for group in COMMAND_GROUPS for command in group.commands} == set(COMMANDS)
    monkeypatch.setenv("ETCD_ENDPOINTS", server.endpoint)
    assert calicoctl("apply", "-f", "-", "--set", "s", input=manifest(*STORED)).exit_code == 0
    assert calicoctl("apply", "-f", "-", input=manifest(profile("b"))).exit_code == 0
    server.put("/calico/ipam/v2/config", '{"strict_affinity":false,"auto_allocate_blocks":true}')
    Path("export.yaml").write_text(calicoctl("export").stdout)
    assert calicoctl("label", "profile", "b", "changed=1").exit_code == 0
    server.put("/calico/ipam/v2/config", '{"strict_affinity":true,"auto_allocate_blocks":true}')
    before = server.values(EVERYTHING)
    server.etcdctl("auth", "enable")
    root = replace(server, flags=("--user=root:secret",))
    for role in ROLES:
        for command, words in COMMANDS.items():
            revision = root.revision()
            environment = {"ETCD_USERNAME": role, "ETCD_PASSWORD": PASSWORD}
            result = calicoctl(*words.split(" "), env=environment)
            context = (role, command, result)
            assert PASSWORD not in str(result), context
            changed = root.revision() != revision
            if is_allowed(role, command):
                assert result.exit_code in {0, 1}, context  # 1: differences, denied traffic or findings
                assert changed == (command in CHANGES), context
            else:
                assert result.stderr, context
                line, *others = result.stderr.splitlines()
                assert len(others) == (command == "edit"), context  # where the text is saved
                assert (result.exit_code, result.stdout, changed) == (4, "", False), context
                assert line.startswith(f"{server.endpoint}: can't "), context
                assert line.endswith(f": permission denied (user '{role}')"), context
            if changed:
                _restore(server, root, before)


def _restore(server: Etcd, root: Etcd, values: dict[str, bytes]) -> None:
    root.etcdctl("auth", "disable")
    server.wipe()
    for key, value in values.items():
        server.put(key, value)
    server.etcdctl("auth", "enable")
