"""Connection settings from the environment, and messages for invalid ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from calicoctl.config import Pem, Settings, load
from calicoctl.errors import UsageError


@pytest.fixture
def no_config_file(tmp_path: Path) -> str:
    return str(tmp_path / "no-default-file")


def write_config(folder: Path, text: str) -> str:
    path = folder / "calicoctl.cfg"
    path.write_text(text)
    return str(path)


def config_problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(UsageError) as caught:
        load(None, environ, "/nonexistent")
    return list(caught.value.lines)


@pytest.mark.parametrize(
    ("environ", "endpoints", "origin"),
    [
        ({}, ("http://127.0.0.1:2379",), "default"),
        ({"ETCD_ENDPOINTS": "http://a:1, http://b:2/,,"}, ("http://a:1", "http://b:2"), "ETCD_ENDPOINTS"),
        ({"ETCD_ENDPOINTS": "http://a:1", "ETCD_AUTHORITY": "b:2"}, ("http://a:1",), "ETCD_ENDPOINTS"),
        ({"ETCD_AUTHORITY": "b:2"}, ("http://b:2",), "ETCD_AUTHORITY"),
        ({"ETCD_SCHEME": "https"}, ("https://127.0.0.1:2379",), "ETCD_SCHEME"),
        ({"ETCD_AUTHORITY": "b:2", "ETCD_SCHEME": "https"}, ("https://b:2",), "ETCD_AUTHORITY"),
        (
            {"CALICO_ETCD_ENDPOINTS": "http://c:3", "ETCD_ENDPOINTS": "http://a:1"},
            ("http://c:3",),
            "CALICO_ETCD_ENDPOINTS",
        ),
        ({"CALICO_ETCD_ENDPOINTS": "", "ETCD_ENDPOINTS": "http://a:1"}, ("http://a:1",), "ETCD_ENDPOINTS"),
        ({"ETCD_ENDPOINTS": "http://a,http://[::1]:5"}, ("http://a:80", "http://[::1]:5"), "ETCD_ENDPOINTS"),
        ({"ETCD_ENDPOINTS": "HTTPS://A.example"}, ("https://a.example:443",), "ETCD_ENDPOINTS"),
        ({"ETCD_ENDPOINTS": "http://a:1,http://a:1"}, ("http://a:1",), "ETCD_ENDPOINTS"),
        ({"DATASTORE_TYPE": "etcdv3", "KUBECONFIG": "/x"}, ("http://127.0.0.1:2379",), "default"),
    ],
)
def test_the_environment(no_config_file: str, environ: dict[str, str], endpoints: tuple[str, ...], origin: str) -> None:
    settings = load(None, environ, no_config_file)
    assert (settings.endpoints, settings.origin) == (endpoints, origin)


def test_everything_in_the_environment(tmp_path: Path, no_config_file: str) -> None:
    file = write_config(tmp_path, "any")
    environ = {
        "ETCD_ENDPOINTS": "https://a:1",
        "ETCD_USERNAME": "me",
        "CALICO_ETCD_PASSWORD": "pw",
        "ETCD_KEY_FILE": file,
        "ETCD_CERT_FILE": file,
        "ETCD_CA_CERT_FILE": file,
    }
    settings = load(None, environ, no_config_file)
    key, certificate, ca = (Pem(file, origin=f"ETCD_{name}_FILE") for name in ("KEY", "CERT", "CA_CERT"))
    assert settings == Settings(("https://a:1",), "me", "pw", key, certificate, ca, "ETCD_ENDPOINTS", 6.0)
    assert settings.uses_tls
    assert "pw" not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "problems"),
    [
        (
            {"DATASTORE_TYPE": "etcdv2"},
            ["DATASTORE_TYPE: etcdv2 is not supported (write etcdv3 or remove it)"],
        ),
        (
            {"CALICO_DATASTORE_TYPE": "kubernetes"},
            ["CALICO_DATASTORE_TYPE: calicoctl needs etcd, not kubernetes (write etcdv3, and etcdEndpoints)"],
        ),
        ({"DATASTORE_TYPE": "x"}, ["DATASTORE_TYPE: unknown datastore type (expected etcdv3)"]),
        (
            {"ETCD_ENDPOINTS": "a:1,ftp://b,http:c"},
            [
                f"ETCD_ENDPOINTS: invalid URL {number} of 3: expected http://HOST:PORT or https://HOST:PORT"
                for number in (1, 2, 3)
            ],
        ),
        ({"ETCD_ENDPOINTS": "http://:1"}, ["ETCD_ENDPOINTS: invalid URL: missing host"]),
        ({"ETCD_ENDPOINTS": "http://etcd..local:1"}, ["ETCD_ENDPOINTS: invalid URL: invalid host name"]),
        ({"ETCD_ENDPOINTS": f"http://{'a' * 64}:1"}, ["ETCD_ENDPOINTS: invalid URL: invalid host name"]),
        ({"ETCD_ENDPOINTS": "http://m\u202ex:1"}, ["ETCD_ENDPOINTS: invalid URL: invalid host name"]),
        (
            {"ETCD_ENDPOINTS": "http://a b"},
            ["ETCD_ENDPOINTS: invalid URL: spaces are not allowed"],
        ),
        (
            {"ETCD_AUTHORITY": "a:0"},
            ["ETCD_AUTHORITY: invalid URL: the port must be a number from 1 to 65535"],
        ),
        (
            {"ETCD_AUTHORITY": "a:99999"},
            ["ETCD_AUTHORITY: invalid URL: the port must be a number from 1 to 65535"],
        ),
        (
            {"ETCD_AUTHORITY": "a:x"},
            ["ETCD_AUTHORITY: invalid URL: the port must be a number from 1 to 65535"],
        ),
        (
            {"ETCD_ENDPOINTS": "http://a:1/v2"},
            ["ETCD_ENDPOINTS: invalid URL: expected nothing after the port"],
        ),
        (
            {"ETCD_ENDPOINTS": "http://[::1"},
            ["ETCD_ENDPOINTS: invalid URL: invalid address in brackets (expected an IPv6 address)"],
        ),
        (
            {"ETCD_ENDPOINTS": "http://me:secret@a:1"},
            [
                "ETCD_ENDPOINTS: invalid URL: user name and password are not allowed in a URL"
                " (use etcdUsername and etcdPassword)"
            ],
        ),
        (
            {"ETCD_ENDPOINTS": "http://a:1,https://b:1"},
            ["ETCD_ENDPOINTS: http and https endpoints cannot be combined"],
        ),
        (
            {"ETCD_ENDPOINTS": ","},
            ["ETCD_ENDPOINTS: invalid URL: expected http://HOST:PORT or https://HOST:PORT"],
        ),
        (
            {"ETCD_PASSWORD": "secret", "DATASTORE_TYPE": "x"},
            [
                "DATASTORE_TYPE: unknown datastore type (expected etcdv3)",
                "ETCD_PASSWORD: a password requires a user name",
            ],
        ),
        ({"ETCD_USERNAME": "me"}, ["ETCD_USERNAME: a user name requires a password"]),
    ],
)
def test_an_environment_that_is_wrong(environ: dict[str, str], problems: list[str]) -> None:
    assert config_problems(environ) == problems


def test_a_key_in_place_of_its_path() -> None:
    assert config_problems({"ETCD_ENDPOINTS": "https://a:1", "ETCD_CA_CERT_FILE": "-----BEGIN CERTIFICATE-----"}) == [
        "ETCD_CA_CERT_FILE: expected the path of a file (write a text in etcdCACert of a configuration file)"
    ]


def test_certificates_that_are_wrong(tmp_path: Path) -> None:
    file = write_config(tmp_path, "any")
    secure = {"ETCD_ENDPOINTS": "https://a:1"}
    assert config_problems({**secure, "ETCD_KEY_FILE": file}) == [
        "ETCD_KEY_FILE: a client key requires a client certificate"
    ]
    assert config_problems({**secure, "ETCD_CERT_FILE": file}) == [
        "ETCD_CERT_FILE: a client certificate requires a client key"
    ]
    assert config_problems({**secure, "ETCD_CA_CERT_FILE": "/no/such"}) == [
        "ETCD_CA_CERT_FILE: no such file or directory"
    ]
    assert config_problems({**secure, "ETCD_CA_CERT_FILE": str(tmp_path)}) == ["ETCD_CA_CERT_FILE: is a directory"]
    assert config_problems({"ETCD_CA_CERT_FILE": file}) == [
        "ETCD_CA_CERT_FILE: not used with http:// endpoints (write https:// or remove it)"
    ]
