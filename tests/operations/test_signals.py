"""Signals during a write: it is rolled back, or its report is what the datastore contains."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from calicoctl.signals import SIGNAL_MESSAGES
from tests.support import processes
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import policy_key
from tests.support.tcp_proxy import TcpProxy

COUNT = 150
NAMES = [f"p{number:03}" for number in range(COUNT)]
OLD = manifest(*(policy(name, order=1) for name in NAMES))
NEW = manifest(*(policy(name, order=2) for name in NAMES))
OTHERS = manifest(*(policy(f"n{name}", order=1) for name in NAMES))


def put_marker(name: str) -> bytes:
    """Return bytes of the write of a policy, which a request that reads it does not contain."""
    return f'"name":"{name}"'.encode()


MARKER = put_marker("p080")
SMALL_TRANSACTIONS = ("--max-txn-ops", "8", "--timeout", "5")
ROLLED_BACK = "  nothing was written (all writes were rolled back)\n"

Disturb = Callable[[subprocess.Popen[str]], None]


@pytest.fixture
def run(store: Etcd, calicoctl: Calicoctl, proxy: TcpProxy) -> Callable[..., Result]:
    """Run a command in 22 transactions; when the marker is sent, something happens to the process."""
    calicoctl("apply", "--set", "s", "-f", "-", input=OLD)

    def run(happens: Disturb, *arguments: str, text: str = "", marker: bytes = MARKER) -> Result:
        options = SMALL_TRANSACTIONS if arguments[0] != "plan" else ()
        return processes.run_disturbed(proxy, marker, happens, *arguments, *options, text=text)

    return run


def send(number: int) -> Disturb:
    return lambda process: process.send_signal(number)


def contents(store: Etcd) -> str:
    return store.etcdctl("get", "--prefix", "")


@pytest.mark.parametrize("number", SIGNAL_MESSAGES)
@pytest.mark.parametrize("verb", ["apply", "delete"])
def test_every_signal_rolls_back(store: Etcd, run: Callable[..., Result], number: int, verb: str) -> None:
    before, revision = contents(store), store.revision()
    marker = MARKER if verb == "apply" else policy_key("p080").encode()
    result = run(send(number), verb, "-f", "-", text=NEW, marker=marker)
    assert result == Result(128 + number, "", f"{SIGNAL_MESSAGES[number]}\n{ROLLED_BACK}")
    assert contents(store) == before
    assert store.revision() > revision + 2  # it had begun


def edit_arguments(tmp_path: Path) -> tuple[str, ...]:
    editor = tmp_path / "editor"
    editor.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\nfile = pathlib.Path(sys.argv[1])\n"
        "file.write_text(file.read_text().replace('order: 1', 'order: 2'))\n"
    )
    editor.chmod(0o755)
    return ("edit", *(f"policy/{name}" for name in NAMES))


@pytest.mark.parametrize("verb", ["create", "replace", "prune", "plan", "import", "edit", "patch"])
def test_every_verb_rolls_back(
    store: Etcd,
    calicoctl: Calicoctl,
    run: Callable[..., Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    file = str(tmp_path / "file")
    arguments: tuple[str, ...] = (verb, "-f", "-")
    text, marker = NEW, MARKER
    if verb == "create":
        text, marker = OTHERS, put_marker("np080")
    elif verb == "prune":
        arguments = ("apply", "--set", "s", "--prune", "--prune-max", "200", "-f", "-")
        text, marker = OTHERS, put_marker("np080")
    elif verb == "plan":
        calicoctl("plan", "-f", "-", "--save", file, input=NEW)
        arguments = ("apply", "--plan", file)
    elif verb == "import":
        text = calicoctl("export").stdout.replace("order: 1", "order: 2").replace('"order": 1', '"order": 2')
    elif verb == "edit":
        arguments = edit_arguments(tmp_path)
        monkeypatch.setenv("EDITOR", str(tmp_path / "editor"))
    elif verb == "patch":
        arguments = ("patch", "policy", *NAMES, "-p", "{spec: {order: 2}}")
    before, revision = contents(store), store.revision()
    result = run(send(signal.SIGTERM), *arguments, text=text, marker=marker)
    expected = f"terminated by SIGTERM\n{ROLLED_BACK}"
    assert (result.exit_code, result.stdout, expected in result.stderr) == (143, "", True)
    assert ("your changes are saved in " in result.stderr) == (verb == "edit")
    assert contents(store) == before
    assert store.revision() > revision + 2


@pytest.mark.parametrize("number", SIGNAL_MESSAGES)
def test_a_second_signal_ends_at_once_and_reports_the_state(
    store: Etcd, proxy: TcpProxy, run: Callable[..., Result], number: int
) -> None:
    def send_twice(process: subprocess.Popen[str]) -> None:
        proxy.freeze()
        process.send_signal(number)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.wait(3)

    result = run(send_twice, "apply", "-f", "-", text=NEW)
    reported = re.fullmatch(
        rf"interrupted\n  (\d+) of {COUNT} keys were written, (\d+) have an unknown state \(run the same .*\)\n",
        result.stderr,
    )
    assert (result.exit_code, result.stdout, bool(reported)) == (130, "", True)
    assert reported
    changed = contents(store).count('"order":2')
    assert int(reported[1]) <= changed <= int(reported[1]) + int(reported[2]) < COUNT
    proxy.thaw()


@pytest.mark.parametrize("name", ["p149", "single"])
def test_a_signal_after_the_last_transaction_reports_that_all_was_written(
    store: Etcd, run: Callable[..., Result], name: str
) -> None:
    text, count = (manifest(policy(name)), 1) if name == "single" else (NEW, COUNT)
    result = run(send(signal.SIGTERM), "apply", "-f", "-", text=text, marker=put_marker(name))
    assert contents(store).count('"order":2') == (COUNT if name == "p149" else 0)
    assert store.get(policy_key(name)) is not None
    assert result == Result(143, "", f"terminated by SIGTERM\n  all {count} keys were written before that\n")


def test_a_second_signal_during_a_single_transaction(store: Etcd, proxy: TcpProxy, run: Callable[..., Result]) -> None:
    def send_twice(process: subprocess.Popen[str]) -> None:
        proxy.freeze()
        for _ in range(2):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)

    result = run(send_twice, "apply", "-f", "-", text=manifest(policy("x")), marker=put_marker("x"))
    unknown = "  0 of 1 keys were written, 1 have an unknown state (run the same command again)\n"
    assert result == Result(143, "", f"terminated by SIGTERM\n{unknown}")
    proxy.thaw()


@pytest.mark.parametrize(
    ("wrapper", "number"),
    [("trap '' HUP; exec \"$@\"", signal.SIGHUP), ("trap '' INT; exec \"$@\"", signal.SIGINT)],
    ids=["nohup", "background job"],
)
def test_an_ignored_signal_stays_ignored(
    store: Etcd, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, wrapper: str, number: int
) -> None:
    monkeypatch.setattr(processes, "COMMAND", ("/bin/sh", "-c", wrapper, "sh", *processes.COMMAND))
    result = run(send(number), "apply", "-f", "-", text=NEW)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith(f"\n{COUNT} configured\n")
