"""Fixtures for the etcd client: certificates, etcd with TLS and users, unreachable endpoints."""

from __future__ import annotations

import dataclasses
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from calicoctl.config import Settings
from calicoctl.datastore import connect
from calicoctl.datastore.client import Datastore
from tests.support.etcd_server import Etcd, running_etcd
from tests.support.fixture_types import OpenDatastore


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with NAME.pem and NAME.key of two CAs, and of certificates of the first CA."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*args: str) -> None:
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    def request(name: str, *args: str) -> None:
        key = (
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            f"{name}.key",
        )
        openssl("req", *key, "-subj", f"/CN={name}", *args)

    def sign(name: str, subject: str, days: int) -> None:
        request(name, "-new", "-out", f"{name}.csr")
        (folder / "extensions").write_text(f"subjectAltName={subject}\n")
        signer = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions")
        openssl("x509", "-req", "-in", f"{name}.csr", *signer, "-days", str(days), "-out", f"{name}.pem")

    for authority in ("ca", "other-ca"):
        request(authority, "-x509", "-days", "30", "-out", f"{authority}.pem")
    sign("server", "IP:127.0.0.1", 30)
    sign("elsewhere", "DNS:elsewhere.example", 30)
    sign("expired", "IP:127.0.0.1", -1)
    sign("client", "DNS:client", 30)
    openssl("ec", "-in", "client.key", "-aes128", "-passout", "pass:x", "-out", "encrypted.key")
    return folder


@pytest.fixture(scope="session")
def secure_etcd(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Etcd]]:
    """Start an etcd with TLS for each combination of certificate name and flags."""
    with ExitStack() as running:
        known: dict[tuple[str, ...], Etcd] = {}

        def start(name: str, *flags: str) -> Etcd:
            kind = (name, *flags)
            if kind not in known:
                files = (f"--cert-file={certificates / name}.pem", f"--key-file={certificates / name}.key")
                ca = f"--cacert={certificates / 'ca.pem'}"
                folder = tmp_path_factory.mktemp(name)
                server = running_etcd(folder, *files, *flags, scheme="https", ctl=(ca,))
                known[kind] = running.enter_context(server)
            return known[kind]

        yield start


def enable_users(server: Etcd) -> Etcd:
    """Create the users root and bob (read access to /calico/ only); return the etcd with the login of root."""
    server.etcdctl("user", "add", "bob:builder")
    server.etcdctl("role", "add", "reader")
    server.etcdctl("role", "grant-permission", "reader", "read", "--prefix=true", "/calico/")
    server.etcdctl("user", "grant-role", "bob", "reader")
    return server.enable_authentication()


@pytest.fixture(scope="session")
def users_etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    """An etcd without TLS that requires a login; tokens expire after a second."""
    with running_etcd(tmp_path_factory.mktemp("users"), "--auth-token-ttl=1", "--bcrypt-cost=4") as server:
        yield enable_users(server)


@pytest.fixture(scope="session")
def secure_users_etcd(secure_etcd: Callable[..., Etcd]) -> Etcd:
    """An etcd with TLS that requires a login."""
    return enable_users(secure_etcd("server", "--auth-token-ttl=300"))


@pytest.fixture
def open_datastore() -> Iterator[OpenDatastore]:
    """Connect to endpoints, with other settings as keywords; close the connections at the end."""
    with ExitStack() as open_:

        def connect_to(*endpoints: str, timeout: float = 6.0, **settings: Any) -> Datastore:
            values = dataclasses.replace(Settings(endpoints, timeout=timeout, origin="a test"), **settings)
            return open_.enter_context(connect(values))

        yield connect_to


@pytest.fixture
def datastore(store: Etcd, open_datastore: OpenDatastore) -> Datastore:
    """Datastore client of the empty `store`."""
    return open_datastore(store.endpoint)


@pytest.fixture
def refusing_endpoint() -> str:
    """Endpoint that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def unresponsive_endpoint() -> Iterator[Callable[[], str]]:
    """Endpoints that accept connections and never answer."""
    with ExitStack() as listening:

        def listen() -> str:
            socket_ = listening.enter_context(socket.create_server(("127.0.0.1", 0)))
            return f"http://127.0.0.1:{socket_.getsockname()[1]}"

        yield listen


@pytest.fixture
def black_hole() -> Iterator[str]:
    """Endpoint that does not accept connections: its queue is full."""
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            client = sockets.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
