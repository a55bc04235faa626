"""Completions of arguments; none without a datastore, and no messages."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from calicoctl.cli import main
from calicoctl.commands import VERBS
from calicoctl.console.completion import COMPLETE_VARIABLE
from calicoctl.console.completion.items import TIMEOUT_VARIABLE
from calicoctl.console.completion.shells import BashCompletion, FishCompletion
from calicoctl.kinds import KINDS
from tests.support.etcd_server import Etcd, free_ports
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import policy_key, put_cluster_information, put_object

CompleteLine = Callable[[str], list[str]]

ENDPOINTS = """
- {apiVersion: v1, kind: node, metadata: {name: host1}}
- {apiVersion: v1, kind: node, metadata: {name: Host_2}}
- {apiVersion: v1, kind: hostEndpoint, metadata: {name: eth0, node: host1}, spec: {interfaceName: eth0}}
- {apiVersion: v1, kind: hostEndpoint, metadata: {name: eth1, node: Host_2}, spec: {interfaceName: eth1}}
- {apiVersion: v1, kind: ipPool, metadata: {cidr: "fd00:1::/64"}}
- {apiVersion: v1, kind: ipPool, metadata: {cidr: 10.1.0.0/16, name: docker}}
- {apiVersion: v1, kind: bgpPeer, metadata: {scope: global, peerIP: 10.0.0.9}, spec: {asNumber: 64512}}
- {apiVersion: v1, kind: bgpPeer, metadata: {scope: node, node: host1, peerIP: 10.0.0.8}, spec: {asNumber: 64512}}
- apiVersion: v1
  kind: workloadEndpoint
  metadata: {name: e/1, node: host1, orchestrator: docker, workload: net/web}
  spec: {interfaceName: cali1, ipNetworks: [10.1.0.1/32]}
"""


@pytest.fixture
def complete_line(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> CompleteLine:
    """Return the completions at the end of a line, as whole words."""
    monkeypatch.setenv(TIMEOUT_VARIABLE, "3600")

    def complete(line: str) -> list[str]:
        monkeypatch.setenv("COMP_LINE", f"calicoctl {line}")
        shell = FishCompletion(main, {}, "calicoctl", COMPLETE_VARIABLE)
        return [item.value for item in shell.get_completions(*shell.get_completion_args())]

    return complete


@pytest.fixture
def populated_store(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    several = manifest(profile("web", tags=["x"]), profile("Net/One"), policy("db"), policy("Web.Front"))
    for text in (several, ENDPOINTS):
        assert calicoctl("apply", "-f", "-", input=text).exit_code == 0
    return store


NAMES = [kind.name for kind in KINDS]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", list(VERBS)),
        ("de", ["delete"]),
        ("etcd ", ["roles", "start", "status", "stop"]),
        ("etcd roles calico-a", ["calico-admin"]),
        ("completion ", ["bash", "zsh", "fish", "powershell"]),
        ("--log-level ", ["panic", "fatal", "error", "warn", "info", "debug"]),
        ("lint --fail-on ", ["error", "warning", "note", "never"]),
        ("lint --explain cal00", [f"CAL00{number}" for number in range(1, 10)]),
        ("get ", [*NAMES, "all"]),
        ("delete ", [*NAMES, "all"]),
        ("delete HOST", ["hostEndpoint"]),
        ("get pools", ["pools"]),  # policy and ipPool begin otherwise
        ("get policies", ["policies"]),
        ("get profile,po", ["profile,policy"]),
        ("get pol", ["policy"]),
        ("get policy/a p", ["profile/", "policy/"]),
        ("get --ign", ["--ignore-not-found"]),
        ("get --ignore-not-found --ign", []),
        ("get --ignore-not-found po", ["policy"]),
        ("get --scope ", ["global", "node"]),
        ("get --scope=g", ["--scope=global"]),
        ("get -o ", ["ps", "wide", "yaml", "json", "name", "custom-columns=", "jsonpath=", "csv", "markdown"]),
        ("get --output=w", ["--output=wide"]),
        ("get -o jsonpath=", []),
        (
            "get bgpPeer -o custom-columns=NODE,",
            [f"custom-columns=NODE,{word}" for word in ("SCOPE", "PEERIP", "ASN", "NAME", "SET")],
        ),
        ("get --output=custom-columns=sel", ["--output=custom-columns=SELECTOR"]),
        ("schema i", ["ipPool"]),
        ("explain no", ["node"]),
        ("explain policy.spec.in", ["policy.spec.ingress"]),
        ("explain pol.spec.ingress[].ac", ["pol.spec.ingress[].action"]),
        ("connectivity --group-by ", ["profile", "label:", "class", "endpoint"]),
        ("connectivity --group-by c", ["class"]),
        ("connectivity -o h", ["html"]),
        ("get nonsense ", []),
        ("get all ", []),
    ],
)
def test_words_that_need_no_datastore(complete_line: CompleteLine, line: str, words: list[str]) -> None:
    assert complete_line(line) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("get profile ", ["Net/One", "web"]),
        ("delete pro w", ["web"]),
        ("get profile web ", ["Net/One"]),
        ("get profile/", ["profile/Net/One", "profile/web"]),
        ("label profile w", ["web"]),
        ("label profile web x=y ", []),
        ("get PRO/web profile/", ["profile/Net/One", "profile/web"]),
        ("get profile/web profile/", ["profile/Net/One"]),
        ("get policy ", ["Web.Front", "db"]),
        ("get policy,profile ", ["Net/One", "Web.Front", "db", "web"]),
        ("get policy -o=yaml d", ["db"]),
        ("get 'policy' \"d", ["db"]),
        ("--log-level debug get policy d", ["db"]),
        ("get policy -o yaml d", ["db"]),
        ("get policy -- d", ["db"]),
        ("get node ", ["Host_2", "host1"]),
        ("get hostEndpoint ", ["eth0", "eth1"]),
        ("get hostEndpoint --node host1 ", ["eth0"]),
        ("get hostEndpoint --node=host1 ", ["eth0"]),
        ("get hostEndpoint --node ", ["Host_2", "host1"]),
        ("get hostEndpoint --node=h", ["--node=host1"]),
        ("delete hostEndpoint -n ", ["Host_2", "host1"]),
        ("get --node ", []),
        ("get policy --node ", []),
        ("get ipPool ", ["10.1.0.0/16", "fd00:1::/64"]),
        ("get ipPool 10.1.0.0/", ["10.1.0.0/16"]),
        ("get ipPool/10.1", ["ipPool/10.1.0.0/16"]),
        ("get bgpPeer ", ["10.0.0.8", "10.0.0.9"]),
        ("get bgpPeer --scope global ", ["10.0.0.9"]),
        ("get bgpPeer/", ["bgpPeer/global/10.0.0.9", "bgpPeer/node/host1/10.0.0.8"]),
        ("get workloadEndpoint --workload ", ["net/web"]),
        ("get wep/", ["wep/host1/docker/net%2fweb/e/1"]),
    ],
)
def test_names_of_the_datastore(
    populated_store: Etcd, complete_line: CompleteLine, line: str, words: list[str]
) -> None:
    # The store is set in the environment after `offered` has cleaned that.
    assert complete_line(line) == words


def test_completed_names_exist(populated_store: Etcd, complete_line: CompleteLine, calicoctl: Calicoctl) -> None:
    for kind in KINDS:
        for words in (complete_line(f"get {kind.name} "), complete_line(f"get {kind.name}/")):
            assert words
            for word in words:
                name = [word] if word.startswith(f"{kind.name}/") else [kind.name, word]
                assert calicoctl("get", *name).exit_code == 0, name


@pytest.mark.parametrize(
    ("segment", "annotation", "name"),
    [
        ("default.foo", None, "foo"),
        ("default.foo", "foo", "foo"),
        ("default.foo", "default.foo", "default.foo"),
        ("foo", "foo", "foo"),
        ("a.b", None, "a.b"),
    ],
)
def test_names_of_policies_of_every_layout(
    store: Etcd, complete_line: CompleteLine, calicoctl: Calicoctl, segment: str, annotation: str | None, name: str
) -> None:
    content = json.dumps({"name": annotation}, separators=(",", ":"))
    annotations = {"projectcalico.org/metadata": content} if annotation else {}
    put_object(store, policy_key(segment), {"order": 1}, annotations=annotations)
    assert complete_line("get policy ") == [name]
    assert calicoctl("get", "policy", name, "-o", "name").stdout == f"policy/{name}\n"


def test_the_file_of_settings_on_the_line_counts(
    populated_store: Etcd, complete_line: CompleteLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ETCD_ENDPOINTS", "http://127.0.0.1:1")
    settings = {"apiVersion": "v1", "kind": "calicoApiConfig", "spec": {"etcdEndpoints": populated_store.endpoint}}
    (tmp_path / "settings.cfg").write_text(json.dumps(settings))
    assert complete_line(f"get policy --config {tmp_path}/settings.cfg ") == ["Web.Front", "db"]


def test_a_name_that_a_shell_would_take_apart_is_not_offered(store: Etcd, complete_line: CompleteLine) -> None:
    for name in ("good", "$(reboot)", "two\nlines", "a b", "x;y"):
        put_object(store, policy_key(name), {"order": 1})
    assert complete_line("get policy ") == ["good"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("get ipPool fd00:", ["1::/64"]),
        ("get ipPool 'fd00:", ["fd00:1::/64"]),
        ("get hostEndpoint --node=h", ["host1"]),
        ("get --output=custom-columns=NAME,SEL", ["NAME,SELECTOR"]),
        ("get profile N", ["Net/One"]),
    ],
)
def test_bash_gets_the_part_of_the_word_that_it_replaces(
    populated_store: Etcd, complete_line: CompleteLine, monkeypatch: pytest.MonkeyPatch, line: str, words: list[str]
) -> None:
    monkeypatch.setenv("COMP_LINE", f"calicoctl {line}")
    monkeypatch.setenv("BREAKS", " \t\n\"'><=;|&(:")
    shell = BashCompletion(main, {}, "calicoctl", COMPLETE_VARIABLE)
    assert [item.value for item in shell.get_completions(*shell.get_completion_args())] == words


def complete(calicoctl_process: Calicoctl, line: str, **environment: str) -> list[str]:
    """Return the answer of the process to bash. stderr must be empty and the exit code 0."""
    result = calicoctl_process(env={COMPLETE_VARIABLE: "bash_complete", "COMP_LINE": line, **environment})
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.split()


def test_the_process_answers(populated_store: Etcd, calicoctl_process: Calicoctl) -> None:
    patient = {TIMEOUT_VARIABLE: "60"}
    assert complete(calicoctl_process, "calicoctl -l debug get profile ", **patient) == ["plain,Net/One", "plain,web"]
    assert complete(calicoctl_process, "calicoctl get policy/d p", **patient) == ["nospace,profile/", "nospace,policy/"]
    assert complete(calicoctl_process, "calicoctl apply -f ", **patient) == ["file,"]
    assert complete(calicoctl_process, "calicoctl get --config=", **patient) == ["file,--config="]
    assert complete(calicoctl_process, "calicoctl etcd start --data-dir ", **patient) == ["dir,"]


def test_the_protocol_of_click_is_supported(calicoctl_process: Calicoctl) -> None:
    result = calicoctl_process(
        env={COMPLETE_VARIABLE: "bash_complete", "COMP_WORDS": "calicoctl de", "COMP_CWORD": "1"}
    )
    assert result == (0, "plain,delete\n", "")


@pytest.mark.parametrize("timeout", ["", "60", "nan", "inf", "nonsense"])
def test_an_unreachable_datastore_gives_no_completions(
    clean_environment: None, calicoctl_process: Calicoctl, timeout: str
) -> None:
    endpoint = f"http://127.0.0.1:{free_ports(1)[0]}"
    environment = {"ETCD_ENDPOINTS": endpoint, TIMEOUT_VARIABLE: timeout}
    assert complete(calicoctl_process, "calicoctl --log-level=debug get policy ", **environment) == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_completion_does_not_wait_for_a_datastore_without_answer(
    clean_environment: None, calicoctl_process: Calicoctl, scheme: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        endpoint = f"{scheme}://127.0.0.1:{deaf.getsockname()[1]}"
        assert complete(calicoctl_process, "calicoctl get policy ", ETCD_ENDPOINTS=endpoint) == []


@pytest.mark.parametrize("line", ["nonsense ", "ipam ", "explain policy.nothing.", "get nonsense '"])
def test_completion_ignores_an_invalid_line(calicoctl_process: Calicoctl, line: str) -> None:
    assert complete(calicoctl_process, f"calicoctl {line}") == []


@pytest.mark.parametrize("text", ["", "a: [", "apiVersion: v2\n"])
def test_completion_ignores_invalid_settings(
    clean_environment: None, calicoctl_process: Calicoctl, tmp_path: Path, text: str
) -> None:
    broken = tmp_path / "broken.cfg"
    broken.write_text(text)
    assert complete(calicoctl_process, f"calicoctl get -c {broken} policy ") == []
    assert complete(calicoctl_process, f"calicoctl get -c {broken}.missing policy ") == []
    assert complete(calicoctl_process, "calicoctl get policy ", ETCD_ENDPOINTS="nonsense") == []


def test_a_locked_datastore_completes_names(store: Etcd, calicoctl: Calicoctl, complete_line: CompleteLine) -> None:
    assert calicoctl("apply", "-f", "-", input=manifest(policy("db"))).exit_code == 0
    put_cluster_information(store, datastoreReady=False)
    assert complete_line("get policy ") == ["db"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_needs_no_datastore(clean_environment: None, calicoctl_process: Calicoctl, shell: str) -> None:
    result = calicoctl_process("completion", shell, env={"ETCD_ENDPOINTS": "nonsense"})
    assert (result.exit_code, result.stderr) == (0, "")
    assert calicoctl_process(env={COMPLETE_VARIABLE: f"{shell}_source"}).stdout == result.stdout


def test_an_unknown_shell(calicoctl: Calicoctl) -> None:
    result = calicoctl("completion", "tcsh")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'bash', 'zsh', 'fish'" in result.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("apply --set ", ["mail", "web"]),
        ("set show w", ["web"]),
        ("set remove ", ["mail", "policy/b", "policy/c", "web"]),
        ("set remove web ", ["policy/b"]),
        ("set remove policy/b ", ["policy/c"]),
    ],
)
def test_sets(store: Etcd, calicoctl: Calicoctl, complete_line: CompleteLine, line: str, words: list[str]) -> None:
    for name, each in (("web", "b"), ("mail", "c")):
        assert calicoctl("apply", "-f", "-", "--set", name, input=manifest(policy(each))).exit_code == 0
    assert complete_line(line) == words


@pytest.mark.parametrize("line", ["-c FILE get --context ", "get --config=FILE --context ", "-c FILE --context "])
def test_contexts_of_the_configuration_file(complete_line: CompleteLine, tmp_path: Path, line: str) -> None:
    path = tmp_path / "clusters.cfg"
    path.write_text("metadata: {name: test}\n---\nmetadata: {name: production}\n")
    assert complete_line(line.replace("FILE", str(path))) == ["production", "test"]
    assert complete_line(line.replace("FILE", str(path)) + "t") == ["test"]


@pytest.mark.parametrize("line", ["rollback ", "rollback --to-revision ", "get profile --at ", "diff --at "])
def test_revisions_of_the_history(store: Etcd, calicoctl: Calicoctl, complete_line: CompleteLine, line: str) -> None:
    revisions = []
    for name in ("a", "b"):
        assert calicoctl("apply", "-f", "-", input=manifest(profile(name))).exit_code == 0
        revisions.append(str(store.revision()))
    assert complete_line(line) == revisions
    assert complete_line(line + revisions[1]) == revisions[1:]


@pytest.mark.parametrize("option", ["trace --from", "trace --from a --to", "connectivity --focus"])
def test_peers_of_the_datastore(populated_store: Etcd, complete_line: CompleteLine, option: str) -> None:
    syntax = ["profile:", "selector:", "labels:", "outside"]
    endpoints = ["hostEndpoint/Host_2/eth1", "hostEndpoint/host1/eth0", "workloadEndpoint/host1/docker/net%2fweb/e/1"]
    assert complete_line(f"{option} ") == [*syntax, *endpoints]
    assert complete_line(f"{option} profile:") == ["profile:Net/One", "profile:web"]
    assert complete_line(f"{option} profile:w") == ["profile:web"]
    assert complete_line(f"{option} profile/") == ["profile/Net/One", "profile/web"]
    assert complete_line(f"{option} pro/w") == ["pro/web"]
    assert complete_line(f"{option} host") == endpoints[:2]
    assert complete_line(f"{option} selector:a") == []


def test_peers_of_manifests(clean_environment: None, complete_line: CompleteLine, tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(ENDPOINTS + "- {apiVersion: v1, kind: profile, metadata: {name: other}}\n", encoding="utf-8")
    assert complete_line(f"trace -f {path} --from profile:") == ["profile:other"]
    assert complete_line(f"trace -f {path} --from work") == ["workloadEndpoint/host1/docker/net%2fweb/e/1"]


def test_peers_without_a_datastore(complete_line: CompleteLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETCD_ENDPOINTS", f"http://127.0.0.1:{free_ports(1)[0]}")
    monkeypatch.setenv(TIMEOUT_VARIABLE, "1s")
    assert complete_line("trace --from o") == ["outside"]
