"""One table: every verb, run into every exit code that it can have. The design has what each code means."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from calicoctl.cli import main
from calicoctl.commands import VERBS
from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, policy, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import CLUSTER_KEY, put_cluster_information

VALID_MANIFEST = manifest(profile("a"), policy("p"))
STALE_MANIFEST = VALID_MANIFEST.replace('"name": "a"', '"name": "a", "resourceVersion": "1"')
V3_ONLY = '{"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": "t"}, "spec": {}}'
PEERS = ("--from", "profile:a", "--to", "profile:a", "--protocol", "tcp", "--port", "1")
ALLOW_ALL = manifest(
    profile("a", ingress=[{"action": "allow"}], egress=[{"action": "allow"}]),
)
SSH = [{"action": "allow", "protocol": "tcp", "destination": {"ports": [22]}}]
DENY_ALL = manifest(profile("a"), policy("shut", ingress=[{"action": "deny"}]))
HOST = host_endpoint("n", "eth0", profiles=["a"])
TESTS = """
apiVersion: v1
kind: policyTest
metadata: {name: t}
spec:
  cases:
  - {name: nothing, from: {profile: a}, to: {profile: a}, expect: EXPECT}
"""
LINT_FINDING = manifest(profile("a", ingress=[{"action": "pass"}]))
FROM = ("-f", "-")
ONE = ("profile", "a")


TABLE: list[tuple[str, int, tuple[str, ...], str]] = [
    # state of the store, code, arguments, standard input
    ("bare", 0, ("apply", *FROM), VALID_MANIFEST),
    ("bare", 3, ("apply", *FROM), "kind: profile"),
    ("filled", 5, ("apply", *FROM), STALE_MANIFEST),
    ("locked", 8, ("apply", *FROM), VALID_MANIFEST),
    ("reached", 8, ("apply", *FROM), DENY_ALL),
    ("bare", 0, ("create", *FROM), VALID_MANIFEST),
    ("bare", 3, ("create", *FROM), ""),
    ("filled", 5, ("create", *FROM), VALID_MANIFEST),
    ("locked", 8, ("create", *FROM), VALID_MANIFEST),
    ("reached", 8, ("create", *FROM), manifest(policy("shut", ingress=[{"action": "deny"}]))),
    ("filled", 0, ("replace", *FROM), VALID_MANIFEST),
    ("bare", 3, ("replace", "-f", "missing.yaml"), ""),
    ("bare", 5, ("replace", *FROM), VALID_MANIFEST),
    ("locked", 8, ("replace", *FROM), VALID_MANIFEST),
    ("reached", 8, ("replace", *FROM), manifest(profile("a"))),
    ("filled", 0, ("delete", *ONE), ""),
    ("bare", 3, ("delete", *FROM), "{"),
    ("bare", 5, ("delete", *ONE), ""),
    ("locked", 8, ("delete", *ONE), ""),
    ("reached", 8, ("delete", *ONE), ""),
    ("filled", 0, ("edit", *ONE), ""),
    ("filled", 3, ("edit", *ONE), "spoil"),
    ("bare", 5, ("edit", *ONE), ""),
    ("locked", 8, ("edit", *ONE), ""),
    ("filled", 0, ("patch", *ONE, "-p", "{metadata: {labels: {x: y}}}"), ""),
    ("filled", 3, ("patch", *ONE, "-p", "{metadata: {labelz: {x: y}}}"), ""),
    ("bare", 5, ("patch", *ONE, "-p", "{metadata: {labels: {x: y}}}"), ""),
    ("reached", 8, ("patch", *ONE, "-p", "{spec: {ingress: null}}"), ""),
    ("locked", 8, ("patch", *ONE, "-p", "{metadata: {labels: {x: y}}}"), ""),
    ("filled", 0, ("label", *ONE, "x=y"), ""),
    ("filled", 3, ("label", *ONE, "x=-y-"), ""),
    ("bare", 5, ("label", *ONE, "x=y"), ""),
    ("locked", 8, ("label", *ONE, "x=y"), ""),
    ("reached", 8, ("label", *ONE, "guest=yes"), ""),
    ("bare", 0, ("validate", *FROM), VALID_MANIFEST),
    ("bare", 3, ("validate", *FROM), "kind: profile"),
    ("filled", 0, ("diff", "--semantic", *FROM), VALID_MANIFEST),
    ("bare", 1, ("diff", "--semantic", *FROM), ALLOW_ALL),
    ("filled", 1, ("diff", "--semantic", "--widening-only", "datastore", "-"), ALLOW_ALL),
    ("filled", 2, ("diff", "--semantic", "datastore"), ""),
    ("bare", 3, ("diff", "--semantic", "datastore", "-"), "kind: profile"),
    ("filled", 0, ("diff", "--summary", *FROM), VALID_MANIFEST),
    ("bare", 1, ("diff", *FROM), VALID_MANIFEST),
    ("bare", 3, ("diff", *FROM), "kind: profile"),
    ("filled", 5, ("diff", *FROM), STALE_MANIFEST),
    ("corrupt", 8, ("diff", *FROM), VALID_MANIFEST),
    ("filled", 0, ("plan", *FROM), VALID_MANIFEST),
    ("bare", 3, ("plan", *FROM), "kind: profile"),
    ("filled", 5, ("plan", *FROM), STALE_MANIFEST),
    ("locked", 8, ("plan", *FROM), VALID_MANIFEST),
    ("reached", 8, ("plan", *FROM), DENY_ALL),
    ("filled", 0, ("get", *ONE), ""),
    ("bare", 3, ("get", *FROM), "kind: profile"),
    ("twice", 5, ("get", "policy", "p"), ""),
    ("bare", 6, ("get", *ONE), ""),
    ("filled", 0, ("wait", *ONE, "--for=present"), ""),
    ("bare", 3, ("wait", *FROM, "--for=present"), "kind: profile"),
    ("bare", 7, ("wait", *ONE, "--for=present", "--timeout=0"), ""),
    ("bare", 0, ("trace", *PEERS, *FROM), ALLOW_ALL),
    ("bare", 1, ("trace", *PEERS, *FROM), VALID_MANIFEST),
    ("bare", 3, ("trace", *PEERS, *FROM), "kind: profile"),
    ("filled", 0, ("connectivity",), ""),
    ("bare", 3, ("connectivity", *FROM), "kind: profile"),
    ("filled", 0, ("test", "-", "--with-datastore"), TESTS.replace("EXPECT", "deny")),
    ("filled", 1, ("test", "-", "--with-datastore"), TESTS.replace("EXPECT", "allow")),
    ("bare", 3, ("test", "-"), TESTS.replace("EXPECT", "deny")),
    ("bare", 0, ("lint", *FROM), ALLOW_ALL),
    ("bare", 1, ("lint", *FROM), LINT_FINDING),
    ("bare", 0, ("lint", "--fail-on", "error", *FROM), LINT_FINDING),
    ("bare", 2, ("lint", "--explain", "CAL999"), ""),
    ("bare", 3, ("lint", *FROM), "kind: profile"),
    ("filled", 0, ("lint",), ""),
    ("bare", 0, ("convert", "--to", "v3", *FROM), VALID_MANIFEST),
    ("bare", 3, ("convert", "--to", "v3", *FROM), "kind: profile"),
    ("bare", 8, ("convert", "--to", "v1", *FROM), V3_ONLY),
    ("filled", 0, ("export",), ""),
    ("bare", 0, ("import", *FROM), VALID_MANIFEST),
    ("bare", 3, ("import", *FROM), "kind: profile"),
    ("filled", 5, ("import", *FROM), STALE_MANIFEST),
    ("locked", 8, ("import", *FROM), VALID_MANIFEST),
    ("reached", 8, ("import", *FROM), DENY_ALL),
    ("bare", 0, ("explain", "policy"), ""),
    ("bare", 0, ("help", "get"), ""),
    ("bare", 2, ("help", "nothing"), ""),
    ("bare", 6, ("label", *ONE, "--list"), ""),
    ("filled", 8, ("delete", "profile", "--all"), ""),
    ("bare", 0, ("schema", "policy"), ""),
    ("bare", 0, ("version",), ""),
    ("unreadable", 8, ("version", "-o", "json"), ""),
    ("bare", 0, ("config", "view"), ""),
    ("bare", 2, ("config", "get-contexts", "-c", "missing"), ""),
    ("filled", 0, ("doctor",), ""),
    ("corrupt", 1, ("doctor",), ""),
    ("bare", 0, ("set", "list"), ""),
    ("bare", 6, ("set", "show", "x"), ""),
    ("filled", 0, ("history",), ""),
    ("filled", 0, ("rollback", "--last", "--yes"), ""),
    ("bare", 6, ("rollback", "--last", "--yes"), ""),
    ("filled", 6, ("rollback", "99999", "--yes"), ""),
    ("bare", 0, ("completion", "bash"), ""),
    ("bare", 0, ("etcd", "--help"), ""),
    ("bare", 5, ("etcd", "start", "--port", "PORT OF THE STORE", "--data-dir", "other"), ""),
    ("bare", 6, ("etcd", "status", "--data-dir", "other"), ""),
]
DONE = {arguments[0]: (state, arguments, text) for state, code, arguments, text in TABLE if code == 0}
OFFLINE = {"validate", "convert", "explain", "schema", "config", "completion", "etcd", "help"}
ONLINE = [verb for verb in VERBS if verb not in OFFLINE]
READERS = ["validate", "convert"]

EVERY_VERB = pytest.mark.parametrize("verb", VERBS)


@pytest.fixture
def prepare_store(
    store: Etcd, calicoctl: Calicoctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Brings the store into a state, and what else a run needs."""
    monkeypatch.chdir(tmp_path)
    spoil = tmp_path / "spoil"
    spoil.write_text('#!/bin/sh\n[ "$SPOIL" ] && echo "more: 1" >> "$1"\nexit 0\n')
    spoil.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(spoil))

    def prepare(state: str) -> None:
        if state == "reached":
            resources = (profile("a", ingress=SSH), HOST, policy("guests", selector="has(guest)"))
            assert calicoctl("create", "-f", "-", input=manifest(*resources)).exit_code == 0
        elif state != "bare":
            assert calicoctl("create", "-f", "-", input=VALID_MANIFEST).exit_code == 0
        if state == "locked":
            put_cluster_information(store, datastoreReady=False)
        if state == "unreadable":
            store.put(CLUSTER_KEY, b"{")
        policies = "/calico/resources/v3/projectcalico.org/globalnetworkpolicies/"
        if state == "corrupt":
            store.put(f"{policies}p", b"{")
        if state == "twice":
            value = store.get(f"{policies}p")
            assert value
            store.put(f"{policies}default.p", value.replace(b'"name":"p"', b'"name":"default.p"'))

    return prepare


@pytest.mark.parametrize(("state", "code", "arguments", "text"), TABLE, ids=[f"{row[2][0]}-{row[1]}" for row in TABLE])
def test_the_table(
    prepare_store: Callable[[str], None],
    store: Etcd,
    calicoctl: Calicoctl,
    state: str,
    code: int,
    arguments: tuple[str, ...],
    text: str,
) -> None:
    prepare_store(state)
    port = store.endpoint.rpartition(":")[2]
    words = [port if word == "PORT OF THE STORE" else word for word in arguments]
    result = calicoctl(*words, input=text, env={"SPOIL": "1"} if text == "spoil" else {})
    assert (result.exit_code, "Traceback" in result.stderr, "internal error" in result.stderr) == (code, False, False)
    in_stdout = code in {0, 1} or arguments[0] == "validate"
    assert bool(result.stdout) == in_stdout
    assert in_stdout or result.stderr


@EVERY_VERB
def test_every_verb_is_in_the_table(verb: str) -> None:
    assert verb in DONE


@EVERY_VERB
def test_wrong_usage_is_2(calicoctl: Calicoctl, verb: str) -> None:
    result = calicoctl(verb, "--no-such-option")
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("verb", ONLINE)
def test_a_datastore_that_is_down_is_4(calicoctl: Calicoctl, clean_environment: None, verb: str) -> None:
    _, arguments, text = DONE[verb]
    if verb == "trace":
        arguments = ("trace", *PEERS)
    result = calicoctl(*arguments, input=text, env={"ETCD_ENDPOINTS": "http://127.0.0.1:1"})
    message = "connection refused" if verb == "doctor" else "can't reach the datastore"
    assert (result.exit_code, message in (result.stdout if verb == "doctor" else result.stderr)) == (4, True)


@EVERY_VERB
def test_a_result_that_can_not_be_printed_is_9(prepare_store: Callable[[str], None], verb: str) -> None:
    state, arguments, text = DONE[verb]
    prepare_store(state)
    done = _process_into_full_disk(arguments, text)
    assert done.exit_code == 9
    assert "Traceback" not in done.stderr


def _process_into_full_disk(arguments: tuple[str, ...], text: str) -> Result:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "calicoctl", *arguments],
            input=text.encode(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    return Result(done.returncode, "", done.stderr.decode())


@pytest.fixture
def unresponsive_server() -> Iterator[socket.socket]:
    """Server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


@pytest.mark.parametrize("verb", ONLINE)
def test_an_interrupt_is_130(clean_environment: None, unresponsive_server: socket.socket, verb: str) -> None:
    """While it waits for the datastore."""
    _, arguments, text = DONE[verb]
    if verb == "trace":
        arguments = ("trace", *PEERS)
    environment = {"ETCD_ENDPOINTS": f"http://127.0.0.1:{unresponsive_server.getsockname()[1]}"}
    with _process(arguments, environment) as process:
        assert process.stdin
        process.stdin.write(text)
        process.stdin.close()
        process.stdin = None
        connection, _ = unresponsive_server.accept()
        with connection:
            _interrupted(process)


@pytest.mark.parametrize("verb", READERS)
def test_an_interrupt_of_reading_is_130(clean_environment: None, tmp_path: Path, verb: str) -> None:
    """Interrupt while reading from a pipe."""
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    arguments = tuple(str(pipe) if word == "-" else word for word in DONE[verb][1])
    with _process(arguments, {}) as process, pipe.open("w"):  # waits for a reader
        _interrupted(process)


def _process(arguments: tuple[str, ...], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "calicoctl", "--log-level", "debug", *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _interrupted(process: subprocess.Popen[str]) -> None:
    """Ctrl-C for a process that has come as far as to wait."""
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in stderr


def test_the_table_has_every_code_that_help_lists() -> None:
    listed = {int(line.split()[0]) for line in (main.epilog or "").splitlines() if line.strip()[:1].isdigit()}
    assert listed == {code for _, code, _, _ in TABLE} | {2, 4, 9, 70, 129, 130, 143}
    assert isinstance(main, click.Group)
