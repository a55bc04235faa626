"""TLS: valid settings, and the messages for invalid ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from calicoctl.config import Pem, load
from calicoctl.datastore import Write, connect
from calicoctl.errors import DatastoreUnreachable, UsageError
from tests.support.etcd_server import Etcd
from tests.support.fixture_types import OpenDatastore

SecureEtcd = Callable[..., Etcd]


def test_with_the_right_ca(secure_etcd: SecureEtcd, certificates: Path, open_datastore: OpenDatastore) -> None:
    server = secure_etcd("server")
    open_datastore(server.endpoint, ca=Pem(str(certificates / "ca.pem"))).commit([Write("/tls", b"1", 0)])
    assert server.get("/tls") == b"1"


def test_with_a_client_certificate(secure_etcd: SecureEtcd, certificates: Path, open_datastore: OpenDatastore) -> None:
    server = secure_etcd("server", "--client-cert-auth", f"--trusted-ca-file={certificates / 'ca.pem'}")
    files = {name: Pem(str(certificates / file)) for name, file in LOGIN.items()}
    assert open_datastore(server.endpoint, **files).status().endpoint == server.endpoint


def write_calico_3_file(folder: Path, certificates: Path, endpoint: str, **files: str) -> str:
    texts = {field: (certificates / file).read_text() for field, file in files.items()}
    spec = {"datastoreType": "etcdv3", "etcdDiscoverySrv": "", "etcdEndpoints": endpoint, **texts}
    path = folder / "calicoctl.cfg"
    content = {"apiVersion": "projectcalico.org/v3", "kind": "CalicoAPIConfig", "metadata": {}, "spec": spec}
    path.write_text(json.dumps(content))
    return str(path)


INLINE = {"etcdKey": "client.key", "etcdCert": "client.pem", "etcdCACert": "ca.pem"}


def test_certificates_as_text(secure_etcd: SecureEtcd, certificates: Path, tmp_path: Path) -> None:
    """The form of Calico 3. No file of the process has the key: it is in memory only."""
    server = secure_etcd("server", "--client-cert-auth", f"--trusted-ca-file={certificates / 'ca.pem'}")
    settings = load(write_calico_3_file(tmp_path, certificates, server.endpoint, **INLINE), {})
    with connect(settings) as datastore:
        assert datastore.status().endpoint == server.endpoint
    key = (certificates / "client.key").read_text().splitlines()[1]
    assert key not in repr(settings)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({**INLINE, "etcdKey": "server.key"}, "etcdKey: not the key of "),
        ({**INLINE, "etcdCACert": "client.key"}, "etcdCACert: not a PEM file of CA certificates"),
        ({"etcdKey": "client.key"}, "etcdKey: a client key requires a client certificate"),
    ],
)
def test_invalid_certificates_as_text(
    secure_etcd: SecureEtcd, certificates: Path, tmp_path: Path, files: dict[str, str], message: str
) -> None:
    server = secure_etcd("server")
    path = write_calico_3_file(tmp_path, certificates, server.endpoint, **files)
    with pytest.raises(UsageError) as caught, connect(load(path, {})):
        pass
    text = "\n".join(caught.value.lines)
    assert f": spec.{message}" in text
    assert text.startswith(f"{path}:1:")
    assert "PRIVATE KEY" not in text
    assert "/proc/self" not in text


LOGIN = {"ca": "ca.pem", "certificate": "client.pem", "key": "client.key"}


@pytest.mark.parametrize(
    ("server", "ca", "cause"),
    [
        ("server", "other-ca", "TLS: the server's certificate is not signed by the CA"),
        ("server", None, "TLS: the server's certificate is not signed by the CA"),
        ("expired", "ca", "TLS: the server's certificate has expired"),
        ("elsewhere", "ca", "TLS: the server's certificate is for another address"),
    ],
)
def test_a_server_that_is_not_trusted(
    secure_etcd: SecureEtcd, certificates: Path, open_datastore: OpenDatastore, server: str, ca: str | None, cause: str
) -> None:
    endpoint = secure_etcd(server).endpoint
    with pytest.raises(DatastoreUnreachable) as caught:
        open_datastore(endpoint, **({"ca": Pem(str(certificates / f"{ca}.pem"))} if ca else {}))
    assert caught.value.lines[1:] == (f"  {endpoint}: {cause}",)


def test_another_host_name(secure_etcd: SecureEtcd, certificates: Path, open_datastore: OpenDatastore) -> None:
    endpoint = secure_etcd("server").endpoint.replace("127.0.0.1", "localhost")
    with pytest.raises(DatastoreUnreachable, match="TLS: the server's certificate is for another host name"):
        open_datastore(endpoint, ca=Pem(str(certificates / "ca.pem")))


def test_without_the_client_certificate(
    secure_etcd: SecureEtcd, certificates: Path, open_datastore: OpenDatastore
) -> None:
    server = secure_etcd("server", "--client-cert-auth", f"--trusted-ca-file={certificates / 'ca.pem'}")
    with pytest.raises(DatastoreUnreachable, match="TLS: the server requires a client certificate"):
        open_datastore(server.endpoint, ca=Pem(str(certificates / "ca.pem")))


def test_with_a_client_certificate_of_another_ca(
    secure_etcd: SecureEtcd, certificates: Path, open_datastore: OpenDatastore
) -> None:
    server = secure_etcd("server", "--client-cert-auth", f"--trusted-ca-file={certificates / 'other-ca.pem'}")
    files = {name: Pem(str(certificates / file)) for name, file in LOGIN.items()}
    with pytest.raises(DatastoreUnreachable, match="TLS: the server rejected the client certificate"):
        open_datastore(server.endpoint, **files)


def test_http_to_a_server_with_tls(secure_etcd: SecureEtcd, open_datastore: OpenDatastore) -> None:
    endpoint = secure_etcd("server").endpoint.replace("https", "http")
    with pytest.raises(DatastoreUnreachable, match=r"the server requires TLS \(write https:// and set the CA file\)"):
        open_datastore(endpoint)


def test_https_to_a_server_without_tls(store: Etcd, certificates: Path, open_datastore: OpenDatastore) -> None:
    endpoint = store.endpoint.replace("http", "https")
    with pytest.raises(DatastoreUnreachable, match=r"the server uses plain HTTP \(write http://\)"):
        open_datastore(endpoint, ca=Pem(str(certificates / "ca.pem")))


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"ca": "client.key"}, "{0}/client.key: not a PEM file of CA certificates"),
        ({"ca": "missing"}, "{0}/missing: no such file or directory"),
        ({"certificate": "client.key"}, "{0}/client.key: not a PEM certificate"),
        ({"key": "client.pem"}, "{0}/client.pem: not a PEM private key"),
        ({"key": "server.key"}, "{0}/server.key: not the key of {0}/client.pem"),
        ({"key": "encrypted.key"}, "{0}/encrypted.key: encrypted key (gRPC requires an unencrypted one)"),
    ],
)
def test_a_file_that_is_wrong_is_found_before_dialling(
    certificates: Path, open_datastore: OpenDatastore, files: dict[str, str], problem: str
) -> None:
    settings = {name: Pem(str(certificates / file)) for name, file in {**LOGIN, **files}.items()}
    with pytest.raises(UsageError) as caught:
        open_datastore("https://127.0.0.1:1", **settings)
    assert caught.value.lines == (problem.format(certificates), "  (settings from: a test)")


def test_an_expired_client_certificate(certificates: Path, open_datastore: OpenDatastore) -> None:
    files = {"certificate": Pem(str(certificates / "expired.pem")), "key": Pem(str(certificates / "expired.key"))}
    with pytest.raises(UsageError, match=r"expired\.pem: the certificate expired on \d{4}-\d\d-\d\d"):
        open_datastore("https://127.0.0.1:1", **files)
