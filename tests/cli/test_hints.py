"""What new users and users of other tools type, and what calicoctl answers."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest

from calicoctl.analysis import policy_set_from_manifests
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.processes import COMMAND
from tests.support.runner import Calicoctl, Result


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("apply", "-f", "https://a.b/c.yaml"), "curl -fsS https://a.b/c.yaml | calicoctl apply -f -"),
        (("validate", "https://a.b/c.yaml"), "curl -fsS https://a.b/c.yaml | calicoctl validate -f -"),
        (("lint", "-f", "HTTP://a/b?c=d&e"), "curl -fsS 'HTTP://a/b?c=d&e' | calicoctl lint -f -"),
        (("test", "https://a.b/t.yaml"), "curl -fsS https://a.b/t.yaml | calicoctl test -"),
        (("delete", "-f", "https://a.b/c.yaml"), "curl -fsS https://a.b/c.yaml | calicoctl delete -f -"),
    ],
)
def test_a_url_leads_to_curl(calicoctl: Calicoctl, arguments: tuple[str, ...], command: str) -> None:
    assert calicoctl(*arguments) == Result(2, "", f"{arguments[-1]}: URLs are not read (write {command})\n")


def test_no_settings_lead_to_the_settings(clean_environment: None, calicoctl: Calicoctl) -> None:
    result = calicoctl("get", "profile", "--timeout", "1s", "-o", "json", env={"ETCD_AUTHORITY": ""})
    assert result.exit_code == 4
    hint = "no datastore is configured (set ETCD_ENDPOINTS, or start a local etcd with: calicoctl etcd start)"
    assert hint in result.stderr
    configured = calicoctl("get", "profile", "--timeout", "1s", env={"ETCD_ENDPOINTS": "http://127.0.0.1:1"})
    assert (configured.exit_code, hint in configured.stderr) == (4, False)


@pytest.mark.parametrize("word", ["gnp", "GNPs", "globalnetworkpolicy", "GlobalNetworkPolicies"])
def test_kinds_of_v3_are_names_of_the_kind_that_stores_them(store: Etcd, calicoctl: Calicoctl, word: str) -> None:
    calicoctl("apply", "-f", "-", input=manifest(policy("p")))
    assert calicoctl("get", word, "-o", "name").stdout == "policy/p\n"
    assert calicoctl("get", f"{word}/p", "-o", "name").stdout == "policy/p\n"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("networkpolicy", "not in v1, use calicoctl 3.x on the same datastore"),
        ("NetworkSets", "not in v1, use calicoctl 3.x on the same datastore"),
        ("pods", "use kubectl"),
        ("rules", "rules are part of a profile or a policy"),
        ("polcy", "did you mean 'policy'?"),
    ],
)
def test_other_kinds_lead_to_their_tool(calicoctl: Calicoctl, word: str, hint: str) -> None:
    assert calicoctl("get", word) == Result(2, "", f"unknown kind '{word}' ({hint})\n")


def test_a_v3_policy_is_not_a_v1_policy_for_the_library() -> None:
    with pytest.raises(ValueError, match="no kind 'GlobalNetworkPolicy'"):
        policy_set_from_manifests([{**policy("p"), "kind": "GlobalNetworkPolicy"}])


@pytest.mark.parametrize("arguments", [("validate", "-f", "-"), ("validate", "-"), ("plan", "--show", "-")])
def test_stdin_of_a_terminal_is_announced(arguments: tuple[str, ...]) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen([*COMMAND, *arguments], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stderr
        assert run.stderr.readline() == b"reading stdin (end it with Ctrl-D)\n"
        os.write(ours, manifest(profile("a")).encode() + b"\n\x04")
        run.communicate(timeout=20)
    os.close(ours)
    os.close(theirs)


def test_stdin_of_a_pipe_is_not_announced(calicoctl: Calicoctl) -> None:
    assert calicoctl("validate", "-f", "-", input=manifest(profile("a"))).stderr == ""


@pytest.mark.parametrize("word", ["-w=1", "-w=", "-Rw=x"])
def test_a_value_of_a_flag(calicoctl: Calicoctl, word: str) -> None:
    result = calicoctl("get", "profile", word)
    assert (result.exit_code, result.stderr) == (2, "option '-w' does not take a value\n")
