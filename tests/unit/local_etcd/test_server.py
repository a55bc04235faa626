"""The local etcd: start, stop, its files, and rejected requests."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from calicoctl import local_etcd
from calicoctl.errors import Conflict, Timeout, UsageError
from calicoctl.local_etcd import process
from calicoctl.local_etcd import program as programs
from tests.support.etcd_server import Etcd


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home with a space"
    yield folder
    local_etcd.stop(folder)


def test_data_is_kept_between_runs(home: Path) -> None:
    first = local_etcd.start(home, 0).server
    Etcd(first.endpoint).put("/calico/x", "kept")
    assert local_etcd.stop(home) == first
    second = local_etcd.start(home, 0).server
    assert Etcd(second.endpoint).get("/calico/x") == b"kept"
    assert second.process != first.process


def test_it_listens_at_127_0_0_1_only(home: Path) -> None:
    server = local_etcd.start(home, 0).server
    with socket.socket() as elsewhere:
        assert elsewhere.connect_ex(("127.0.0.2", server.port)) != 0
    assert server.endpoint == f"http://127.0.0.1:{server.port}"


def test_variables_of_calicoctl_do_not_reach_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETCD_DATA_DIR", "/nowhere")
    monkeypatch.setenv("ETCD_CERT_FILE", "/nowhere/cert.pem")
    assert local_etcd.start(home, 0).server.data_dir.is_dir()


def test_starting_again_finds_the_one_that_runs(home: Path) -> None:
    first = local_etcd.start(home, 0)
    assert first.newly_started
    for port in (None, 0, first.server.port):
        again = local_etcd.start(home, port)
        assert (again.server, again.newly_started) == (first.server, False)
    with pytest.raises(Conflict, match=f"is already running at http://127.0.0.1:{first.server.port}"):
        local_etcd.start(home, 1)


def test_two_starts_at_once_give_one_server(home: Path) -> None:
    # Processes: a lock is per open file, but threads would share what Python itself serialises.
    code = f"from pathlib import Path; from calicoctl import local_etcd; local_etcd.start(Path({str(home)!r}), 0)"
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(subprocess.run, [sys.executable, "-c", code], check=True) for _ in range(3)]
        for run in runs:
            run.result(timeout=60)
    assert local_etcd.running_server(home) is not None
    # A second server would have truncated the log and started a new cluster.
    assert (home / "etcd.log").read_text().count("ready to serve client requests") == 1


def test_a_port_in_use_is_refused(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=f"port {port} of 127.0.0.1 is in use"):
            local_etcd.start(home, port)
    assert local_etcd.running_server(home) is None


def test_a_port_in_use_at_all_addresses_is_refused(home: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as other, pytest.raises(Conflict, match="in use"):  # noqa: S104
        local_etcd.start(home, other.getsockname()[1])


def test_a_reused_pid_is_not_terminated(home: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as bystander:
        local_etcd.start(home, 0)
        local_etcd.stop(home)
        home.joinpath("server.json").write_text(
            json.dumps({"pid": bystander.pid, "began": "long ago", "port": 2379, "version": "3.5.1", "data": "x"})
        )
        assert local_etcd.running_server(home) is None
        assert local_etcd.stop(home) is None
        assert bystander.poll() is None
        bystander.kill()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": '])
def test_a_corrupt_state_file_is_treated_as_not_running(home: Path, text: str) -> None:
    home.mkdir()
    home.joinpath("server.json").write_text(text)
    assert local_etcd.running_server(home) is None


def test_a_killed_server_is_noticed(home: Path) -> None:
    server = local_etcd.start(home, 0).server
    os.kill(server.process.pid, signal.SIGKILL)
    process.terminate(server.process)
    assert local_etcd.running_server(home) is None
    assert local_etcd.start(home, 0).newly_started


def test_a_server_that_gives_up_shows_why(home: Path) -> None:
    home.mkdir()
    minor = programs.find_program().minor_version
    (home / minor).write_text("a file where the data folder should be")
    with pytest.raises(Conflict, match="exited during start") as raised:
        local_etcd.start(home, 0)
    assert re.search(r"^  .*data dir.*/3\.\d", str(raised.value), re.MULTILINE)
    assert raised.value.lines[-1] == f"complete log: {home / 'etcd.log'}"
    assert local_etcd.running_server(home) is None
    assert not (home / "server.json").exists()


def test_a_server_that_never_answers_is_killed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.parent.joinpath("etcd").write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "etcd Version: 3.6.9" || exec sleep 60\n'
    )
    home.parent.joinpath("etcd").chmod(0o755)
    monkeypatch.setenv("PATH", str(home.parent), prepend=os.pathsep)
    monkeypatch.setattr("calicoctl.local_etcd.server._START_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(Timeout, match="did not answer"):
        local_etcd.start(home, 0)
    assert local_etcd.running_server(home) is None


def test_an_unusable_home(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="invalid data directory"):
        local_etcd.start(tmp_path / "file" / "home", 0)


def test_only_its_user_can_look_into_the_home(home: Path) -> None:
    local_etcd.start(home, 0)
    assert home.stat().st_mode & 0o077 == 0


def test_data_of_other_versions_is_pointed_out(home: Path) -> None:
    (home / "3.1").mkdir(parents=True)
    assert local_etcd.start(home, 0).other_data_dirs == (home / "3.1",)
    local_etcd.stop(home)
    assert local_etcd.start(home, 0).other_data_dirs == ()


def test_where_the_home_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_DATA_HOME", ignored)
        assert local_etcd.default_home() == Path("/home/me/.local/share/calicoctl/etcd")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert local_etcd.default_home() == tmp_path / "calicoctl" / "etcd"
