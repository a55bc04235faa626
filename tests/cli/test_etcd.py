"""`calicoctl etcd`: what the user reads, and the exit codes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.etcd_server import Etcd
from tests.support.runner import Calicoctl


@pytest.fixture
def folder(tmp_path: Path, calicoctl: Calicoctl, clean_environment: None) -> Iterator[str]:
    path = str(tmp_path / "etcd")
    yield path
    calicoctl("etcd", "stop", "--data-dir", path)


def test_from_start_to_stop(calicoctl: Calicoctl, folder: str) -> None:
    started = calicoctl("etcd", "start", "--port", "0", "--data-dir", folder)
    assert started.exit_code == 0
    export = re.search(r"^  export ETCD_ENDPOINTS=(http://127\.0\.0\.1:\d+)$", started.stdout, re.MULTILINE)
    assert export is not None
    endpoint = export[1]
    assert re.match(rf"etcd \d+\.\d+\.\d+ started at {endpoint}\n", started.stdout)
    assert f"calicoctl etcd stop --data-dir {folder}" in started.stdout
    assert Etcd(endpoint).keys() == []

    again = calicoctl("etcd", "start", "--data-dir", folder)
    assert again.exit_code == 0
    assert f"already running at {endpoint}" in again.stdout

    status = calicoctl("etcd", "status", "--data-dir", folder)
    assert status.exit_code == 0
    assert status.stderr == ""
    lines = dict(line.split(": ", 1) for line in status.stdout.splitlines())
    assert lines["running"] == "yes"
    assert lines["endpoint"] == endpoint
    assert re.fullmatch(r".*/etcd/\d+\.\d+ \(\d+\.\d MiB\)", lines["data"])
    assert Path(lines["log"]).is_file()
    assert set(lines) == {"running", "endpoint", "version", "pid", "data", "log"}

    stopped = calicoctl("etcd", "stop", "--data-dir", folder)
    assert stopped.exit_code == 0
    assert stopped.stdout.startswith(f"etcd at {endpoint} stopped (data: {folder}")


def test_none_is_running(calicoctl: Calicoctl, folder: str) -> None:
    stopped = calicoctl("etcd", "stop", "--data-dir", folder)
    assert (stopped.exit_code, stopped.stdout) == (0, f"no etcd is running (data: {folder})\n")
    status = calicoctl("etcd", "status", "--data-dir", folder)
    assert (status.exit_code, status.stdout) == (6, "")
    assert "no etcd is running" in status.stderr
    assert not Path(folder).exists()


def test_evaluation_versions_print_a_warning(
    calicoctl: Calicoctl, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    started = calicoctl("etcd", "start", "--port", "0", "--data-dir", folder)
    warned = "evaluation and tests only: 3.5.0 to 3.5.2 can lose consistency in a crash" in started.stderr
    assert warned == bool(re.match(r"etcd 3\.5\.[012] ", started.stdout))


def test_a_port_in_use(calicoctl: Calicoctl, etcd: Etcd, folder: str) -> None:
    port = etcd.endpoint.rpartition(":")[2]
    refused = calicoctl("etcd", "start", "--port", port, "--data-dir", folder)
    assert (refused.exit_code, refused.stdout) == (5, "")
    assert f"port {port} of 127.0.0.1 is in use" in refused.stderr


def test_another_port_than_the_one_that_it_has(calicoctl: Calicoctl, folder: str) -> None:
    calicoctl("etcd", "start", "--port", "0", "--data-dir", folder)
    refused = calicoctl("etcd", "start", "--port", "1", "--data-dir", folder)
    assert (refused.exit_code, refused.stdout) == (5, "")
    assert "not on port 1" in refused.stderr


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_no_port(calicoctl: Calicoctl, folder: str, port: str) -> None:
    assert calicoctl("etcd", "start", "--port", port, "--data-dir", folder).exit_code == 2


def test_a_pipe_behind_start_ends_with_it(folder: str) -> None:
    """The server would keep the pipe open if it had inherited it; so would any other descriptor."""
    command = '"$0" -m calicoctl etcd start --port 0 --data-dir "$1" 2>&1 | cat'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, folder], capture_output=True, text=True, timeout=60, check=True
    )
    assert "export ETCD_ENDPOINTS=" in done.stdout


def test_it_outlives_the_terminal(calicoctl_process: Calicoctl, calicoctl: Calicoctl, folder: str) -> None:
    started = calicoctl_process("etcd", "start", "--port", "0", "--data-dir", folder)
    assert started.exit_code == 0
    pid = re.search(r"pid: (\d+)", calicoctl("etcd", "status", "--data-dir", folder).stdout)
    assert pid is not None
    session = subprocess.run(["ps", "-o", "sess=", "-p", pid[1]], capture_output=True, text=True, check=True)
    assert session.stdout.strip() == pid[1]


@pytest.mark.parametrize("command", ["start", "stop", "status"])
def test_help_has_an_example(calicoctl: Calicoctl, command: str) -> None:
    text = calicoctl("etcd", command, "--help").stdout
    assert f"  calicoctl etcd {command}\n" in text
    assert "--data-dir DIR" in text


def test_help_says_what_it_is_for(calicoctl: Calicoctl) -> None:
    text = " ".join(calicoctl("etcd", "--help").stdout.split())
    assert "evaluation and tests only: etcd 3.5.0 to 3.5.2 can lose consistency" in text
    assert "No other command starts it." in text


def test_other_commands_do_not_load_it(calicoctl_process: Calicoctl) -> None:
    code = "import sys, calicoctl.commands.etcd; sys.exit('calicoctl.local_etcd' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
