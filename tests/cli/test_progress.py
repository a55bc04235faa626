"""Progress bar of slow commands: on a terminal only."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.policies import manifest
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest as profile_manifest
from tests.support.manifests import profile, workload_endpoint
from tests.support.runner import Calicoctl

SCRIPT = """
import calicoctl.console.progress_bar as progress
progress._DELAY_SECONDS = {seconds}
from calicoctl.__main__ import run
run()
"""


def stderr_on_terminal(
    *arguments: str, seconds: float = 0.0, script: str = SCRIPT, codes: tuple[int, ...] = (0,)
) -> str:
    """Return the stderr of calicoctl on a terminal."""
    terminal, stderr = pty.openpty()
    command = [sys.executable, "-c", script.format(seconds=seconds), *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr) as process:
        os.close(stderr)
        said = b""
        try:
            while data := os.read(terminal, 65536):
                said += data
        except OSError:  # so a terminal ends
            pass
    os.close(terminal)
    assert process.returncode in codes, said
    return said.decode()


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "many.yaml"
    file.write_text(manifest(400), encoding="utf-8")
    return str(file)


def test_a_bar_for_each_part_of_the_work(store: Etcd, path: str) -> None:
    said = stderr_on_terminal("apply", "-f", path)
    parts = [said.find(f"{word}  [") for word in ("reading", "planning", "writing")]
    assert -1 < parts[0] < parts[1] < parts[2]
    assert "100%" in said
    assert "reading" in stderr_on_terminal("validate", "-f", path)


def test_none_before_the_time(store: Etcd, path: str) -> None:
    said = stderr_on_terminal("apply", "-f", path, seconds=600.0)
    assert said.splitlines() == [f"datastore {store.endpoint} (from ETCD_ENDPOINTS)"]


def test_none_in_a_pipe(store: Etcd, path: str) -> None:
    command = [sys.executable, "-c", SCRIPT.format(seconds=0.0), "apply", "-f", path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.endswith("\n400 created\n")


def test_an_interrupt_during_class_creation_is_not_an_internal_error() -> None:
    """Python up to 3.11 makes a RuntimeError of it; modules that are imported are full of classes."""
    script = (
        "from calicoctl.cli import _run_to_exit_code\nfrom calicoctl.console.messages import Messages\n"
        "class Field:\n    def __set_name__(self, owner, name):\n        raise KeyboardInterrupt\n"
        "print(_run_to_exit_code(lambda: type('Owner', (), {'field': Field()}), Messages.from_argv([])))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("130\n", "interrupted\n")


ACTIVITY_SCRIPT = """
import calicoctl.console.activity as activity
activity._DELAY_SECONDS = {seconds}
from calicoctl.__main__ import run
run()
"""
ERASED = re.compile(r"\r(\w+ \(\d+ s\))(?:\r\w+ \(\d+ s\))*\r +\r")
"""Matches the line of the elapsed time, and its erasure."""


@pytest.mark.parametrize(
    ("label", "command"),
    [
        ("analyzing", ("lint", "--fail-on", "never")),
        ("analyzing", ("connectivity",)),
        ("analyzing", ("trace", "--from", "outside", "--to", "10.0.0.1")),
        ("analyzing", ("diff", "--semantic", "datastore", "PATH")),
        ("comparing", ("diff", "-f", "PATH")),
        ("comparing", ("plan", "-f", "PATH")),
        ("reading", ("get", "policy", "-o", "yaml")),
    ],
)
def test_other_work_shows_its_time_and_erases_it(
    store: Etcd, calicoctl: Calicoctl, path: str, label: str, command: tuple[str, ...]
) -> None:
    assert calicoctl("apply", "-f", path).exit_code == 0
    others = profile_manifest(profile("a"), workload_endpoint("n", "o", "w", "e", ipNetworks=["10.0.0.1"]))
    assert calicoctl("apply", "-f", "-", input=others).exit_code == 0
    command = tuple(path if word == "PATH" else word for word in command)
    shown = stderr_on_terminal(*command, script=ACTIVITY_SCRIPT, seconds=0.001, codes=(0, 1))
    match = ERASED.search(shown)
    assert match, shown
    assert match[1].startswith(f"{label} (")
    rest = ERASED.sub("", shown)
    assert not re.search(r"\(\d+ s\)", rest), rest


def test_fast_work_shows_no_time(store: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("apply", "-f", "-", input=profile_manifest(profile("a"))).exit_code == 0
    assert "analyzing" not in stderr_on_terminal("lint", script=ACTIVITY_SCRIPT, seconds=600.0)
