"""URLs of etcd: their normal form, and problems."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from calicoctl.config.setting_value import SettingValue

_MAX_LABEL_LENGTH = 63
"""Longest part of a host name between dots, in characters (RFC 1035, 2.3.4)."""
# As in calicoctl 1.6.5. Port 2379 of etcd is the default only if no endpoint is set.
_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_endpoints(urls: Sequence[SettingValue]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the URLs as `scheme://host:port` without duplicates, and their problems.

    Messages count the URLs of a list and do not contain them: a URL can contain a password.
    """
    endpoints: list[str] = []
    problems: list[str] = []
    for number, (text, origin) in enumerate(urls, 1):
        endpoint, problem = _normalize_url(text)
        if problem:
            place = f" {number} of {len(urls)}" if len(urls) > 1 else ""
            problems.append(f"{origin}: invalid URL{place}: {problem}")
        else:
            endpoints.append(endpoint)
    schemes = {endpoint.partition(":")[0] for endpoint in endpoints}
    if len(schemes) > 1:
        # The password, encrypted on https endpoints, would be sent in plain text to http endpoints.
        problems.append(f"{urls[0].origin}: http and https endpoints cannot be combined")
    return tuple(dict.fromkeys(endpoints)), tuple(problems)


def _normalize_url(url: str) -> tuple[str, str]:
    """Return `scheme://host:port` and an empty text, or an empty text and the problem."""
    if "@" in url:
        return "", "user name and password are not allowed in a URL (use etcdUsername and etcdPassword)"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "", "invalid address in brackets (expected an IPv6 address)"
    try:
        port = parts.port
    except ValueError:
        port = 0
    if problem := _url_problem(url, parts, host, port):
        return "", problem
    host = f"[{host}]" if ":" in str(host) else host
    return f"{parts.scheme}://{host}:{port or _DEFAULT_PORTS[parts.scheme]}", ""


def _url_problem(url: str, parts: SplitResult, host: str | None, port: int | None) -> str:
    if parts.scheme not in _DEFAULT_PORTS or "://" not in url:
        return "expected http://HOST:PORT or https://HOST:PORT"
    if not host or any(character.isspace() for character in url):
        return "missing host" if not host else "spaces are not allowed"
    if not _is_host_name(host):
        return "invalid host name"
    if port == 0:
        return "the port must be a number from 1 to 65535"
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        return "expected nothing after the port"
    return ""


def _is_host_name(host: str) -> bool:
    """Whether a host can be resolved: no empty label, and none of more than 63 characters."""
    if host.isascii():  # without the import of the codec
        return all(0 < len(label) <= _MAX_LABEL_LENGTH for label in host.removesuffix(".").split("."))
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True
