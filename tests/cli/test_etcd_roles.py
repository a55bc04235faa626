"""`calicoctl etcd roles`: the printed commands, and the roles and users that `--apply` makes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from calicoctl.operations.permissions import ROLES
from tests.support.etcd_server import Etcd, program, running_etcd
from tests.support.runner import Calicoctl, Result

NAMES = [role.name for role in ROLES]
PASSWORDS = "".join(f"{name}:secret-of-{name}\n" for name in NAMES)
APPLY = ("etcd", "roles", "--apply")
NEXT = (
    "unless authentication is enabled, every client has all permissions. These commands enable it, also for Calico, "
    "which needs its own user:\n  etcdctl user add root\n  etcdctl user grant-role root root\n  etcdctl auth enable\n"
)
NO_TLS = "warning: the connection has no TLS: passwords are sent in plain text\n"


@pytest.fixture
def new_etcd(tmp_path: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Etcd]:
    """An etcd without users, in the settings of calicoctl."""
    (folder := tmp_path / "etcd").mkdir()
    monkeypatch.chdir(tmp_path)
    with running_etcd(folder, "--bcrypt-cost=4") as server:
        monkeypatch.setenv("ETCD_ENDPOINTS", server.endpoint)
        yield server


def permissions(etcd: Etcd, role: str) -> list[dict[str, Any]]:
    granted: list[dict[str, Any]] = json.loads(etcd.etcdctl("-w=json", "role", "get", role))["perm"]
    return sorted(granted, key=str)


def names(etcd: Etcd, kind: str) -> list[str]:
    return etcd.etcdctl(kind, "list").split()


def run_script(etcd: Etcd, script: str, folder: Path) -> None:
    (folder / "bin").mkdir()
    (folder / "bin" / "etcdctl").symlink_to(program("etcdctl"))
    environment = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": etcd.endpoint}
    subprocess.run(["/bin/sh"], input=script, text=True, cwd=folder, env=environment, check=True, timeout=120)


def test_the_printed_script_makes_the_same_as_apply(new_etcd: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    for name in NAMES:
        Path(f"{name}.password").write_text(f"secret-of-{name}\n")
    printed = calicoctl("etcd", "roles")
    assert (printed.exit_code, printed.stderr) == (0, "")
    run_script(new_etcd, printed.stdout, tmp_path)
    assert names(new_etcd, "role") == names(new_etcd, "user") == sorted(NAMES)
    applied = calicoctl(*APPLY, "--password-file", "-", input=PASSWORDS)
    unchanged = "".join(f"{kind}/{name} unchanged\n" for kind in ("role", "user") for name in NAMES)
    assert applied == Result(0, f"{unchanged}8 unchanged\n", NEXT)
    new_etcd.enable_authentication()
    for name in NAMES:
        etcd = replace(new_etcd, flags=("--user", f"{name}:secret-of-{name}"))
        assert etcd.values("/calico/resources/v3/projectcalico.org/profiles/") == {}


def test_without_its_file_the_script_adds_no_user(new_etcd: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    script = calicoctl("etcd", "roles", "calico-ci", "--user", "calico-ci=a user").stdout
    (tmp_path / "a user.password").touch()
    with pytest.raises(subprocess.CalledProcessError):
        run_script(new_etcd, script, tmp_path)
    assert (names(new_etcd, "role"), names(new_etcd, "user")) == (["calico-ci"], [])


def test_the_printed_permissions_are_those_of_etcd(new_etcd: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl(*APPLY, "--password-file=-", input=PASSWORDS).exit_code == 0
    printed = json.loads(calicoctl("etcd", "roles", "-o", "json").stdout)
    assert yaml.safe_load(calicoctl("etcd", "roles", "-o", "yaml").stdout) == printed
    assert [(role["name"], role["users"]) for role in printed] == [(name, [name]) for name in NAMES]
    for role in printed:
        granted = new_etcd.etcdctl("role", "get", role["name"]).partition("KV Write")[0]
        for each in role["permissions"]:
            assert f"(prefix {each['prefix']})" in granted
        assert granted.count("(prefix ") == len(role["permissions"])


def test_apply_is_idempotent_and_adds_what_is_missing(new_etcd: Etcd, calicoctl: Calicoctl) -> None:
    only = (*APPLY, "calico-reader", "--password-file", "-")
    created = calicoctl(*only, input=PASSWORDS)
    assert created == Result(
        0, "role/calico-reader created\nuser/calico-reader created (role calico-reader)\n2 created\n", NO_TLS + NEXT
    )
    before = permissions(new_etcd, "calico-reader")
    again = calicoctl(*only, input=PASSWORDS.replace("secret", "another"))
    assert again.stdout == "role/calico-reader unchanged\nuser/calico-reader unchanged\n2 unchanged\n"
    new_etcd.etcdctl("role", "revoke-permission", "calico-reader", "--prefix", "/calico/ipam/v2/")
    new_etcd.etcdctl("user", "revoke-role", "calico-reader", "calico-reader")
    new_etcd.etcdctl("user", "add", "root:x")
    new_etcd.etcdctl("user", "grant-role", "root", "root")
    assert calicoctl(*only, input="") == Result(
        0,
        "role/calico-reader configured (granted: read /calico/ipam/v2/*)\n"
        "user/calico-reader configured (role calico-reader)\n2 configured\n",
        f"{NEXT.partition('  etcdctl')[0]}  etcdctl auth enable\n",
    )
    assert permissions(new_etcd, "calico-reader") == before
    assert calicoctl(*only, "-o", "json", input="").stdout.count('"action": "unchanged"') == 2


def test_nothing_is_removed(new_etcd: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl(*APPLY, "--password-file=-", input=PASSWORDS).exit_code == 0
    history, ipam = "/calicoctl/history/", "/calico/ipam/v2/"
    new_etcd.etcdctl("role", "grant-permission", "calico-reader", "readwrite", "--prefix", history)
    new_etcd.etcdctl("role", "grant-permission", "calico-reader", "write", "--prefix", ipam)
    new_etcd.etcdctl("role", "grant-permission", "calico-reader", "read", "/a")
    new_etcd.etcdctl("role", "grant-permission", "calico-reader", "read", "/b", "/d")
    new_etcd.etcdctl("role", "grant-permission", "calico-reader", "readwrite", "--prefix", "")
    new_etcd.etcdctl("user", "grant-role", "calico-reader", "calico-admin")
    result = calicoctl(*APPLY, "calico-reader", "--certificates")
    remedy = "(etcdctl role revoke-permission removes it)"
    assert result.stderr.splitlines()[:5] == [
        f"warning: role/calico-reader also has the permission 'read /a' {remedy}",
        f"warning: role/calico-reader also has the permission 'read /b to /d' {remedy}",
        f"warning: role/calico-reader also has the permission 'readwrite all keys' {remedy}",
        f"warning: role/calico-reader also has the permission 'readwrite {history}*' {remedy}",
        "warning: user/calico-reader also has the role 'calico-admin' (etcdctl user revoke-role removes it)",
    ]
    assert result.stdout.startswith(f"role/calico-reader configured (granted: readwrite {ipam}*)\n")


def test_a_dry_run_writes_nothing_and_needs_no_password(new_etcd: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl(*APPLY, "--dry-run", "calico-ci", "--user=calico-ci=gitlab", "--user=calico-ci=github")
    assert result == Result(
        0,
        "role/calico-ci created\nuser/gitlab created (role calico-ci)\nuser/github created (role calico-ci)\n"
        "3 created (dry run: nothing written)\n",
        NEXT,
    )
    assert names(new_etcd, "role") == names(new_etcd, "user") == []


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            "calico-ci:x\n",
            8,
            "no password for calico-reader, calico-policy-writer, calico-admin, nothing was written "
            "(write --password-file FILE with lines USER:PASSWORD, or --certificates)",
        ),
        ("\ncalico-ci:\n", 2, "--password-file: -:2:1: the line is not USER:PASSWORD"),
        ("secret\n", 2, "--password-file: -:1:1: the line is not USER:PASSWORD"),
        ("a:secret\na:secret2\n", 2, "--password-file: -:2:1: the user has another password above"),
        (b"a:\xff\n", 2, "--password-file: -: is not UTF-8"),
    ],
)
def test_missing_passwords(new_etcd: Etcd, calicoctl: Calicoctl, text: str | bytes, code: int, message: str) -> None:
    assert calicoctl(*APPLY, "--password-file", "-", input=text) == Result(code, "", f"{message}\n")
    assert names(new_etcd, "role") == names(new_etcd, "user") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("operator",), "unknown role 'operator' (roles are calico-reader, calico-ci, "),
        (("calico-redaer",), "unknown role 'calico-redaer' (did you mean 'calico-reader'?)"),
        (("--user", "calico-ci"), "--user calico-ci: expected ROLE=USER, and a user name without a colon"),
        (("--user", "calico-ci=a:b"), "--user calico-ci=a:b: expected ROLE=USER, and a user name without a colon"),
        (("calico-ci", "--user", "calico-admin=a"), "--user: unknown role 'calico-admin'"),
        (("--user", "calico-ci=a", "--user", "calico-admin=a"), "--user: a has several roles (write one of them)"),
        (("--user", "calico-ci=calico-admin"), "--user: calico-admin has several roles (write one of them)"),
        (("--dry-run",), "--dry-run requires --apply"),
        (("--password-file", "x"), "--password-file requires --apply"),
        (("--apply", "--password-file", "missing"), "--password-file: missing: no such file or directory"),
        (("--apply", "-o", "yaml"), "-o yaml: unknown format (formats are text, json)"),
        (("--apply", "--certificates", "--password-file", "-"), "--certificates cannot be combined with"),
    ],
)
def test_usage_errors(store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], message: str) -> None:
    result = calicoctl("etcd", "roles", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert len(result.stderr.splitlines()) == 1


def test_a_password_at_the_terminal(new_etcd: Etcd) -> None:
    controller, terminal = pty.openpty()
    command = (sys.executable, "-m", "calicoctl", *APPLY, "calico-ci")
    # In its own session, the process has no /dev/tty: the password is read from stdin, which is the terminal.
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True) as process:
        os.close(terminal)
        shown = b""
        for prompt in (b"password of user 'calico-ci': ", b"Repeat for confirmation: "):
            while not shown.endswith(prompt):
                shown += os.read(controller, 1)
            os.write(controller, b"typed secret\n")
        while b"2 created" not in shown:
            shown += os.read(controller, 1)
        os.close(controller)
        assert process.wait(60) in {0, 9}  # 9: the terminal was closed before the last line
    assert b"typed" not in shown
    new_etcd.enable_authentication()
    replace(new_etcd, flags=("--user", "calico-ci:typed secret")).etcdctl("user", "get", "calico-ci")


def test_users_with_certificates_have_no_password(new_etcd: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl(*APPLY, "calico-ci", "--certificates").exit_code == 0
    root = new_etcd.enable_authentication()
    assert names(root, "user") == ["calico-ci", "root"]
    login = calicoctl("get", "profile", env={"ETCD_USERNAME": "calico-ci", "ETCD_PASSWORD": "x"})
    assert (login.exit_code, "can't log in as 'calico-ci'" in login.stderr) == (4, True)
    with pytest.raises(subprocess.CalledProcessError):
        replace(new_etcd, flags=("--user=calico-ci", "--password=")).etcdctl("user", "list")


def test_the_script_for_certificates(new_etcd: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    run_script(new_etcd, calicoctl("etcd", "roles", "calico-ci", "--certificates").stdout, tmp_path)
    applied = calicoctl(*APPLY, "calico-ci", "--certificates")
    assert applied.stdout == "role/calico-ci unchanged\nuser/calico-ci unchanged\n2 unchanged\n"


def test_enabled_authentication_requires_root(new_etcd: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl(*APPLY, "calico-ci", "--password-file=-", input=PASSWORDS).exit_code == 0
    root = new_etcd.enable_authentication()
    anonymous = calicoctl(*APPLY, "--password-file=-", input=PASSWORDS)
    assert (anonymous.exit_code, names(root, "role")) == (4, ["calico-ci"])
    login = {"ETCD_USERNAME": "calico-ci", "ETCD_PASSWORD": "secret-of-calico-ci"}
    denied = calicoctl(*APPLY, "--password-file=-", input=PASSWORDS, env=login)
    assert denied == Result(
        4,
        "",
        f"{new_etcd.endpoint}: can't change users and roles: permission denied, users and roles require a user with "
        "the role root (user 'calico-ci')\n",
    )
    as_root = {"ETCD_USERNAME": "root", "ETCD_PASSWORD": "secret"}
    applied = calicoctl(*APPLY, "--password-file=-", input=PASSWORDS, env=as_root)
    assert (applied.exit_code, applied.stderr) == (0, NO_TLS)
    assert applied.stdout.endswith("6 created, 2 unchanged\n")
    assert names(root, "role") == sorted(NAMES)
