"""Endpoints of the command line: certificates are still used, a password for TLS is not sent in plain text."""

from __future__ import annotations

from pathlib import Path

import pytest

from calicoctl.config import Settings, SettingValue, build_settings, load_source, override_endpoints
from calicoctl.errors import UsageError

LOGIN = "etcdUsername: me, etcdPassword: secret"
CA_TEXT = "etcdCACert: x"


def override(folder: Path, spec: str, urls: str) -> Settings:
    path = folder / "calicoctl.cfg"
    path.write_text(f"apiVersion: v1\nkind: calicoApiConfig\nspec: {{{spec}}}\n")
    return build_settings(override_endpoints(load_source(str(path), None, {}), SettingValue(urls, "--endpoints")))


@pytest.mark.parametrize(
    ("spec", "urls", "username", "has_ca"),
    [
        (f"etcdEndpoints: 'http://a:1', {LOGIN}", "http://b:2", "me", False),
        (f"etcdEndpoints: 'http://a:1', {LOGIN}", "https://b:2", "me", False),
        (f"etcdEndpoints: 'https://a:1', {LOGIN}, {CA_TEXT}", "https://b:2", "me", True),
        (f"etcdEndpoints: 'https://a:1', {LOGIN}, {CA_TEXT}", "HTTP://b:2", None, False),
        (f"etcdEndpoints: 'HTTPS://a:1', {LOGIN}", "http://b:2", None, False),
        (f"etcdAuthority: 'a:1', etcdScheme: https, {LOGIN}", "http://b:2", None, False),
        (f"{LOGIN}, {CA_TEXT}", "http://b:2", None, False),
        (f"{LOGIN}, {CA_TEXT}", "https://b:2", "me", True),
        (f"datastoreType: kubernetes, etcdDiscoverySrv: example.com, {LOGIN}", "http://b:2", "me", False),
    ],
)
def test_endpoints(tmp_path: Path, spec: str, urls: str, username: str | None, has_ca: bool) -> None:
    settings = override(tmp_path, spec, urls)
    assert settings.endpoints == (urls.lower(),)
    assert (settings.username, settings.password) == (username, username and "secret")
    assert (settings.ca is not None, settings.origin) == (has_ca, "--endpoints")


@pytest.mark.parametrize(
    ("urls", "problem"),
    [
        ("http://a:1,https://b:1", "--endpoints: http and https endpoints cannot be combined"),
        ("a:1", "--endpoints: invalid URL: expected http://HOST:PORT or https://HOST:PORT"),
        ("", "--endpoints: invalid URL: expected http://HOST:PORT or https://HOST:PORT"),
    ],
)
def test_wrong_endpoints(tmp_path: Path, urls: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        override(tmp_path, "etcdEndpoints: 'http://a:1'", urls)
    assert caught.value.lines == (problem,)
