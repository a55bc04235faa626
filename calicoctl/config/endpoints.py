"""The URLs of the datastore: parse, check, normalise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from calicoctl.config.settings import SettingValue

DEFAULT_AUTHORITY = "127.0.0.1:2379"
DEFAULT_SCHEME = "http"

# As with every URL, and as in 1.6.5; etcd's own 2379 is the default only where nothing is set at all.
_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_endpoints(urls: Sequence[SettingValue]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the URLs as `scheme://host:port`, and what is wrong with them."""
    endpoints: list[str] = []
    problems: list[str] = []
    for text, origin in urls:
        endpoint, problem = _normalize_url(text)
        if problem:
            problems.append(f"{origin}: {problem}")
        else:
            endpoints.append(endpoint)
    schemes = {endpoint.partition(":")[0] for endpoint in endpoints}
    if len(schemes) > 1:
        # With both, who listens in on one endpoint would read the password that TLS hides on the other.
        problems.append(f"{urls[0].origin}: http and https endpoints do not mix")
    return tuple(dict.fromkeys(endpoints)), tuple(problems)


def _normalize_url(url: str) -> tuple[str, str]:
    """Return `scheme://host:port` and nothing, or what is wrong."""
    if "@" in url:
        # The URL is not shown: it holds a password.
        return "", "a URL holds no user name and password: use etcdUsername and etcdPassword"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        return "", f"bad URL '{url}': {str(error).lower()}"
    try:
        port = parts.port
    except ValueError:
        port = 0
    if problem := _url_problem(url, parts, host, port):
        return "", f"bad URL '{url}': {problem}"
    host = f"[{host}]" if ":" in str(host) else host
    return f"{parts.scheme}://{host}:{port or _DEFAULT_PORTS[parts.scheme]}", ""


def _url_problem(url: str, parts: SplitResult, host: str | None, port: int | None) -> str:
    if parts.scheme not in _DEFAULT_PORTS or "://" not in url:
        return "expected http://HOST:PORT or https://HOST:PORT"
    if not host or any(character.isspace() for character in url):
        return "no host" if not host else "no spaces may be in it"
    if port == 0:
        return "the port must be a number from 1 to 65535"
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        return "nothing may follow the port"
    return ""
