"""Fixtures for all tests: a real etcd, an empty store, proxies, and calicoctl in this process or its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.etcd_server import Etcd, RestartableEtcd, running_etcd
from tests.support.runner import Calicoctl, Result
from tests.support.tcp_proxy import TcpProxy

# A shell lets processes in the background ignore Ctrl-C, and nohup lets them ignore SIGHUP, with all their children.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# As after an installation: with cached bytecode, a command in a process of its own takes a third less CPU time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session", autouse=True)
def temporary_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Temporary files of tests, such as texts that `edit` saves after an error, are deleted like those of pytest."""
    folder = str(tmp_path_factory.mktemp("temporary"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture(scope="session")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    """One etcd for all tests of this process."""
    with running_etcd(tmp_path_factory.mktemp("etcd")) as server:
        yield server


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection settings of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith(("ETCD_", "CALICO_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def store(etcd: Etcd, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Etcd:
    """An etcd without any key, to which calicoctl connects by default."""
    etcd.wipe()
    monkeypatch.setenv("ETCD_ENDPOINTS", etcd.endpoint)
    return etcd


@pytest.fixture
def restartable_etcd(
    tmp_path: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RestartableEtcd]:
    """An etcd of this test alone, which may be stopped; calicoctl connects to it by default."""
    server = RestartableEtcd(tmp_path)
    monkeypatch.setenv("ETCD_ENDPOINTS", server.etcd.endpoint)
    yield server
    server.stop()


@pytest.fixture
def calicoctl() -> Calicoctl:
    """Calicoctl in this process: quick."""
    from click.testing import CliRunner

    from calicoctl.cli import main

    def run(
        *args: str,
        input: str | bytes | None = None,  # noqa: A002
        env: Mapping[str, str] | None = None,
    ) -> Result:
        result = CliRunner().invoke(main, args, input=input, env=env, catch_exceptions=False)
        return Result(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def calicoctl_process() -> Calicoctl:
    """Calicoctl as a process of its own: what a user sees, start-up and exit code included."""

    def run(
        *args: str,
        input: str | bytes | None = None,  # noqa: A002
        env: Mapping[str, str] | None = None,
    ) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "calicoctl", *args],
            input=(input.encode() if isinstance(input, str) else input) or b"",
            env={**os.environ, **(env or {})},
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def proxy(store: Etcd) -> Iterator[TcpProxy]:
    """A way to the store that can be frozen or cut."""
    opened = TcpProxy(store.endpoint)
    yield opened
    opened.close()


@pytest.fixture
def standby_proxy(store: Etcd) -> Iterator[TcpProxy]:
    """Another way to the store. It is frozen, so that the gate wins the race to be used; thaw it then."""
    opened = TcpProxy(store.endpoint)
    opened.freeze()
    yield opened
    opened.close()
