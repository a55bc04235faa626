"""export --from-etcd2 with TLS and with login: the settings and messages are those of the connection to etcd v3."""

from __future__ import annotations

import json
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.support.etcd_server import Etcd, running_etcd
from tests.support.runner import Calicoctl, Result

SecureEtcd = Callable[..., Etcd]
Export = Callable[..., Result]

KEY = "/v2/keys/calico/v1/policy/tier/default/policy/p"
POLICY = {"value": json.dumps({"selector": "all()", "order": 7})}
CLIENT = {"ETCD_CERT_FILE": "client.pem", "ETCD_KEY_FILE": "client.key"}
CA = {"ETCD_CA_CERT_FILE": "ca.pem"}
ROOT = {"ETCD_USERNAME": "root", "ETCD_PASSWORD": "secret"}
BOB = {"ETCD_USERNAME": "bob", "ETCD_PASSWORD": "b:uilder"}


def request(etcd: Etcd, path: str, body: str = "", folder: Path | None = None, **headers: str) -> None:
    """PUT with the client certificate of the folder, and with the login of root."""
    address = urlsplit(etcd.endpoint).netloc
    context = ssl.create_default_context(cafile=str(folder / "ca.pem")) if folder else None
    if context and folder:
        context.load_cert_chain(folder / "client.pem", folder / "client.key")
    connection = HTTPSConnection(address, context=context) if context else HTTPConnection(address)
    login = {"Authorization": f"Basic {b64encode(b'root:secret').decode()}"}
    connection.request("PUT", path, body, {**login, **{name.replace("_", "-"): each for name, each in headers.items()}})
    assert connection.getresponse().status in {200, 201}
    connection.close()


def put_policy(etcd: Etcd, folder: Path | None = None) -> None:
    request(etcd, KEY, urlencode(POLICY), folder, Content_Type="application/x-www-form-urlencoded")


def require_login(etcd: Etcd, folder: Path | None = None) -> None:
    """Create root, and bob, who may read other keys only; nobody else may read anything."""

    def put(path: str, value: dict[str, Any] | None = None) -> None:
        request(etcd, f"/v2/auth/{path}", json.dumps(value or {}), folder, Content_Type="application/json")

    put("users/root", {"user": "root", "password": "secret"})
    put("users/bob", {"user": "bob", "password": "b:uilder"})
    put("enable")
    put("roles/guest", {"role": "guest", "revoke": {"kv": {"read": ["/*"], "write": ["/*"]}}})


@pytest.fixture(scope="module")
def tls_etcd2(secure_etcd: SecureEtcd, certificates: Path) -> Etcd:
    """Requires a client certificate."""
    etcd = secure_etcd("server", "--enable-v2", "--client-cert-auth", f"--trusted-ca-file={certificates / 'ca.pem'}")
    put_policy(etcd, certificates)
    return etcd


@pytest.fixture(scope="module")
def login_etcd2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    with running_etcd(tmp_path_factory.mktemp("etcd2"), "--enable-v2") as etcd:
        put_policy(etcd)
        require_login(etcd)
        yield etcd


@pytest.fixture(scope="module")
def tls_login_etcd2(secure_etcd: SecureEtcd, certificates: Path) -> Etcd:
    etcd = secure_etcd("server", "--enable-v2")
    put_policy(etcd, certificates)
    require_login(etcd, certificates)
    return etcd


@pytest.fixture
def export(calicoctl: Calicoctl, certificates: Path, clean_environment: None) -> Export:
    """Export from a URL, with environment variables; the values of those with FILE are names of certificates."""

    def run(url: str, settings: dict[str, str], *options: str, endpoint: str = "") -> Result:
        files = {name: str(certificates / each) if "_FILE" in name else each for name, each in settings.items()}
        return calicoctl("export", "--from-etcd2", url, *options, env={"ETCD_ENDPOINTS": endpoint or url, **files})

    return run


def test_client_certificate(tls_etcd2: Etcd, export: Export) -> None:
    result = export(tls_etcd2.endpoint, {**CA, **CLIENT})
    assert (result.exit_code, result.stderr) == (0, "")
    assert "name: p\n" in result.stdout


def test_certificates_as_text(
    tls_etcd2: Etcd, calicoctl: Calicoctl, certificates: Path, tmp_path: Path, clean_environment: None
) -> None:
    fields = {"etcdCACert": "ca.pem", "etcdCert": "client.pem", "etcdKey": "client.key"}
    texts = {field: (certificates / file).read_text() for field, file in fields.items()}
    spec = {"etcdEndpoints": tls_etcd2.endpoint, **texts}
    config = tmp_path / "calicoctl.cfg"
    config.write_text(json.dumps({"apiVersion": "projectcalico.org/v3", "kind": "CalicoAPIConfig", "spec": spec}))
    result = calicoctl("export", "--from-etcd2", tls_etcd2.endpoint, "--config", str(config))
    assert (result.exit_code, result.stderr, "name: p\n" in result.stdout) == (0, "", True)


@pytest.mark.parametrize(
    ("settings", "host", "cause"),
    [
        (CA, "127.0.0.1", "TLS: the server requires a client certificate"),
        (CLIENT, "127.0.0.1", "TLS: the server's certificate is not signed by the CA"),
        ({"ETCD_CA_CERT_FILE": "other-ca.pem", **CLIENT}, "127.0.0.1", "TLS: the server's certificate is not signed"),
        ({**CA, **CLIENT}, "localhost", "TLS: the server's certificate is for another host name"),
    ],
)
def test_tls_problems(tls_etcd2: Etcd, export: Export, settings: dict[str, str], host: str, cause: str) -> None:
    endpoint = tls_etcd2.endpoint.replace("127.0.0.1", host)
    result = export(endpoint, settings)
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.startswith(f"{endpoint}: cannot read etcd v2: {cause}")
    assert len(result.stderr.splitlines()) == 1


def test_invalid_certificate_file(tls_etcd2: Etcd, export: Export) -> None:
    result = export(tls_etcd2.endpoint, {"ETCD_CA_CERT_FILE": "client.key", **CLIENT})
    assert (result.exit_code, "client.key: not a PEM file of CA certificates" in result.stderr) == (2, True)


def test_http_to_a_server_with_tls(tls_etcd2: Etcd, export: Export) -> None:
    result = export(tls_etcd2.endpoint.replace("https", "http"), {})
    assert (result.exit_code, "the server requires TLS (write https:// and set the CA file)" in result.stderr) == (
        4,
        True,
    )


def test_https_to_a_server_without_tls(login_etcd2: Etcd, export: Export) -> None:
    result = export(login_etcd2.endpoint.replace("http", "https"), CA)
    assert (result.exit_code, "the server uses plain HTTP (write http://)" in result.stderr) == (4, True)


def test_login(login_etcd2: Etcd, export: Export) -> None:
    assert "name: p\n" in export(login_etcd2.endpoint, ROOT).stdout


def test_login_over_tls(tls_login_etcd2: Etcd, export: Export) -> None:
    assert "name: p\n" in export(tls_login_etcd2.endpoint, {**CA, **ROOT}).stdout


@pytest.mark.parametrize(
    ("login", "reason"),
    [
        ({}, "the datastore requires a user name and password (set etcdUsername or ETCD_USERNAME)"),
        ({**ROOT, "ETCD_PASSWORD": "wrong"}, "wrong user name or password, or user 'root' may not read /calico"),
        (BOB, "wrong user name or password, or user 'bob' may not read /calico"),
    ],
)
def test_rejected_login(login_etcd2: Etcd, export: Export, login: dict[str, str], reason: str) -> None:
    expected = f"{login_etcd2.endpoint}: cannot read etcd v2: {reason}\n"
    assert export(login_etcd2.endpoint, login) == Result(4, "", expected)


def test_password_for_tls_is_not_sent_over_http(login_etcd2: Etcd, export: Export) -> None:
    """As without a login, although the password is the right one."""
    result = export(login_etcd2.endpoint, ROOT, endpoint="https://127.0.0.1:1")
    assert (result.exit_code, "requires a user name and password" in result.stderr) == (4, True)


def test_stopped_etcd(export: Export, refusing_endpoint: str, unresponsive_endpoint: Callable[[], str]) -> None:
    assert "cannot read etcd v2: connection refused" in export(refusing_endpoint, {}).stderr
    silent = export(unresponsive_endpoint(), {}, "--timeout", "0.5")
    assert (silent.exit_code, "cannot read etcd v2: no answer" in silent.stderr) == (4, True)
