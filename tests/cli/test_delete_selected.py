"""delete -l and --all: consent, and deletion of exactly what was shown."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, policy, profile
from tests.support.runner import Calicoctl, Result, output_lines
from tests.support.stored_objects import object_key, policy_key, put_object

SHOWN = "2 resources in {endpoint} to be deleted:\n  profile/a\n  profile/b\n"


@pytest.fixture
def populated_store(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    resources = (
        profile("a", labels={"env": "test"}),
        profile("b", labels={"env": "test"}),
        profile("c", labels={"env": "live"}),
        policy("p"),
        host_endpoint("n1", "eth0", {"env": "test"}),
        host_endpoint("n2", "eth0", profiles=["c"]),
    )
    assert calicoctl("apply", "-f", "-", input=manifest(*resources)).exit_code == 0
    return store


def remaining(calicoctl: Calicoctl) -> list[str]:
    return output_lines(calicoctl("get", "all", "-o", "name"))


def test_a_selector_with_yes(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    result = calicoctl("delete", "profile", "-l", "env == 'test'", "--yes")
    shown = SHOWN.format(endpoint=populated_store.endpoint)
    assert result == Result(0, "profile/a deleted\nprofile/b deleted\n2 deleted\n", shown)
    assert populated_store.revision() == before + 1
    assert remaining(calicoctl) == ["profile/c", "policy/p", "hostEndpoint/n1/eth0", "hostEndpoint/n2/eth0"]


def test_consent_is_to_all_resources_of_the_list(store: Etcd, calicoctl: Calicoctl) -> None:
    """Other messages have a limit of 200 lines."""
    names = [f"p{number:03}" for number in range(210)]
    assert calicoctl("create", "-f", "-", input=manifest(*map(policy, names))).exit_code == 0
    result = calicoctl("delete", "policy", "--all", "--yes")
    assert (result.exit_code, result.stderr.splitlines()[1:]) == (0, [f"  policy/{name}" for name in names])


@pytest.mark.parametrize(
    ("arguments", "deleted"),
    [
        (("policy", "--all"), ["policy/p"]),
        (("profile,hep", "-l=env == 'test'"), ["profile/a", "profile/b", "hostEndpoint/n1/eth0"]),
        (("hep", "-l", "env == 'live'"), ["hostEndpoint/n2/eth0"]),  # a label of its profile
        (("hep", "--all", "--node", "n1"), ["hostEndpoint/n1/eth0"]),
        (("all", "--all"), ["profile/a", "profile/b", "profile/c", "policy/p"]),
    ],
)
def test_what_is_selected(
    populated_store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], deleted: list[str]
) -> None:
    before = remaining(calicoctl)
    result = calicoctl("delete", *arguments, "-y", "--allow-lockout")
    assert result.exit_code == 0
    for name in deleted:
        assert f"{name} deleted" in result.stdout
    left = remaining(calicoctl)
    assert set(before) - set(left) >= set(deleted)
    assert len(before) - len(left) == result.stdout.count(" deleted\n") - 1


def test_without_consent_nothing_is_deleted(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    result = calicoctl("delete", "profile", "-l", "env == 'test'", input="y\n")
    assert (result.exit_code, result.stdout) == (8, "")
    assert result.stderr == SHOWN.format(endpoint=populated_store.endpoint) + (
        "the deletion of 2 resources requires consent, nothing was deleted (write --yes)\n"
    )
    assert populated_store.revision() == before


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ("y\n", 0, "3 deleted"),
        ("n\n", 8, "no consent"),
        ("\n", 8, "no co"),
        ("\4", 8, "\nno consent, nothing was deleted\n"),
    ],
)
def test_consent_at_a_terminal(populated_store: Etcd, calicoctl: Calicoctl, answer: str, code: int, words: str) -> None:
    controller, terminal = pty.openpty()
    os.write(controller, answer.encode())
    command = (sys.executable, "-m", "calicoctl", "delete", "profile", "--all")
    done = subprocess.run(
        command, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal, text=True, timeout=60, check=False
    )
    os.close(terminal)
    shown = os.read(controller, 10_000).decode().replace("\r", "")
    os.close(controller)
    assert done.returncode == code
    assert "3 resources in " in shown
    assert "  profile/c\ndelete 3 resources? [y/N]: " in shown
    assert words in done.stdout + shown


def test_a_dry_run_needs_no_consent(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    result = calicoctl("delete", "policy", "--all", "--dry-run")
    assert result == Result(0, "policy/p deleted\n1 deleted (dry run: nothing written)\n", "")
    assert populated_store.revision() == before


def test_nothing_is_selected(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("delete", "node", "--all") == Result(0, "nothing to do\n", "")
    assert calicoctl("delete", "profile", "-l", "has(nothing)", "-o=json") == Result(0, "[]\n", "")


@pytest.mark.parametrize("change", ["changed", "deleted"])
def test_a_change_after_the_list_deletes_nothing(
    populated_store: Etcd, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    from calicoctl.console import consent

    def change_one(*_args: object, **_options: object) -> None:
        if change == "changed":
            assert calicoctl("label", "profile", "b", "env=live", "--overwrite").exit_code == 0
        else:
            assert calicoctl("delete", "profile/b").exit_code == 0

    monkeypatch.setattr(consent, "require_consent", change_one)
    result = calicoctl("delete", "profile", "--all", "-y")
    assert (result.exit_code, result.stdout) == (5, "")
    state = "is at revision" if change == "changed" else "no longer exists"
    assert result.stderr.startswith(f"profile/b: {state}")
    assert "profile/a" in remaining(calicoctl)


def test_a_new_resource_after_the_list_is_kept(
    populated_store: Etcd, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    from calicoctl.console import consent

    def create_one(*_args: object, **_options: object) -> None:
        assert calicoctl("create", "-f", "-", input=manifest(policy("new"))).exit_code == 0

    monkeypatch.setattr(consent, "require_consent", create_one)
    assert calicoctl("delete", "policy", "--all", "-y").stdout == "policy/p deleted\n1 deleted\n"
    assert "policy/new" in remaining(calicoctl)


def test_objects_with_the_same_v1_name_are_all_deleted(store: Etcd, calicoctl: Calicoctl) -> None:
    for name in ("rack-1", "rack-2"):
        put_object(store, object_key("bgppeers", name), {"peerIP": "192.0.2.1", "nodeSelector": f"rack == '{name}'"})
    store.put(policy_key("unreadable"), "[]")
    result = calicoctl("delete", "bgpPeer,policy", "--all", "--yes")
    assert result.stdout == "bgpPeer/rack-1 deleted\nbgpPeer/rack-2 deleted\n2 deleted\n"
    assert "unreadable is not a JSON object: skipped" in result.stderr
    assert store.keys() == [policy_key("unreadable")]


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        (("profile",), "profile: incomplete name (delete also requires its name, or -l or --all)\n"),
        (("--all",), "-l and --all require kinds (write KIND,...), and cannot be combined with -f\n"),
        (("-f", "-", "--all"), "-l and --all require kinds (write KIND,...), and cannot be combined with -f\n"),
        (("profile", "a", "--all"), "--all cannot be combined with names\n"),
        (("profile/a", "-l", "all()"), "-l cannot be combined with names\n"),
        (("profile", "-l", "all()", "--all"), "-l and --all cannot be combined\n"),
        (("profile", "-l", ""), "-l is empty (write --all for all resources of the kinds)\n"),
        (("policy", "-l", "all()"), "-l: policy does not have labels"),
        (("policy", "--all", "--dry-run=client"), "--dry-run=client is not possible: -l and --all read the datastore"),
    ],
)
def test_wrong_usage(populated_store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], stderr: str) -> None:
    before = populated_store.revision()
    result = calicoctl("delete", *arguments, "--yes", input=manifest(profile("a")))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(stderr)
    assert populated_store.revision() == before
