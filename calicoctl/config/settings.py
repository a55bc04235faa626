"""Connection settings and their validation, for all sources."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from calicoctl.errors import UsageError

DEFAULT_TIMEOUT_SECONDS = 6.0
"""Time to reach the datastore, in seconds, for all endpoints together."""


class Setting(NamedTuple):
    """A setting, with its names in every source."""

    field: str
    """Field of the configuration file, in `spec`."""
    variable: str
    """Environment variable; the same with the prefix `CALICO_` takes precedence."""
    description: str
    """Noun phrase for the documentation."""
    attribute: str = ""
    """Attribute of `Settings`; empty if `build_settings` computes the endpoints from it."""
    is_file: bool = False
    """Whether the value is the path of a certificate or key."""


DEFAULT_AUTHORITY = "127.0.0.1:2379"
DEFAULT_SCHEME = "http"

SETTINGS = (
    Setting("etcdEndpoints", "ETCD_ENDPOINTS", "URLs of etcd, separated by commas, all http or all https"),
    Setting(
        "etcdAuthority",
        "ETCD_AUTHORITY",
        f"HOST:PORT of one etcd, if no URLs are set; the default is {DEFAULT_AUTHORITY}",
    ),
    Setting("etcdScheme", "ETCD_SCHEME", f"http or https, for HOST:PORT; the default is {DEFAULT_SCHEME}"),
    Setting("etcdUsername", "ETCD_USERNAME", "User name; requires the password", "username"),
    Setting("etcdPassword", "ETCD_PASSWORD", "Password; requires the user name", "password"),
    Setting("etcdKeyFile", "ETCD_KEY_FILE", "Client key; requires the client certificate", "key_file", is_file=True),
    Setting("etcdCertFile", "ETCD_CERT_FILE", "Client certificate; requires the client key", "cert_file", is_file=True),
    Setting(
        "etcdCACertFile",
        "ETCD_CA_CERT_FILE",
        "CA certificate that signed the certificate of etcd",
        "ca_file",
        is_file=True,
    ),
    Setting("datastoreType", "DATASTORE_TYPE", "etcdv3, or not set"),
)
"""All connection settings, as in calicoctl 1.6.5."""

_FILE_FIELDS = tuple(setting.field for setting in SETTINGS if setting.is_file)


@dataclass(frozen=True)
class Settings:
    """Validated connection settings."""

    endpoints: tuple[str, ...]
    """URLs with scheme, host and port, all http or all https, in order of preference."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    key_file: str | None = None
    cert_file: str | None = None
    ca_file: str | None = None
    origin: str = "default"
    """Source of the endpoints: a file, an environment variable, or `default`."""
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    """Time to reach the datastore, and time of each request, in seconds."""

    @property
    def uses_tls(self) -> bool:
        """Whether the connection uses TLS."""
        return self.endpoints[0].startswith("https://")


class SettingValue(NamedTuple):
    """A setting as written by the user."""

    text: str
    origin: str
    """Source in messages: `ETCD_ENDPOINTS`, or `calicoctl.cfg:7: spec.etcdEndpoints`."""


class SettingsSource(NamedTuple):
    """Settings of one source."""

    values: Mapping[str, SettingValue]
    """Values by field of the configuration file. Empty values are omitted."""
    file: str | None
    """The file, or None for the environment."""
    problems: tuple[str, ...] = ()
    """Problems of the file's syntax and fields."""


def build_settings(source: SettingsSource) -> Settings:
    """Validate the settings of a source.

    Raises:
        UsageError: one line for each problem of the source.
    """
    values = source.values
    endpoints, endpoint_problems = parse_endpoints(_endpoint_urls(values))
    problems = (
        *source.problems,
        *endpoint_problems,
        *_check_datastore_type(values),
        *_check_login(values),
        *_check_certificates(values, endpoints),
        *_check_files(values),
    )
    if problems:
        raise UsageError(*problems)

    attributes: dict[str, Any] = {
        setting.attribute: values[setting.field].text
        for setting in SETTINGS
        if setting.attribute and setting.field in values
    }
    return replace(Settings(endpoints, origin=source.file or _endpoints_origin(values)), **attributes)


def _endpoints_origin(values: Mapping[str, SettingValue]) -> str:
    for name in ("etcdEndpoints", "etcdAuthority", "etcdScheme"):
        if name in values:
            return values[name].origin
    return "default"


def _endpoint_urls(values: Mapping[str, SettingValue]) -> list[SettingValue]:
    """Return the URLs. As in calicoctl 1.6.5, etcdEndpoints takes precedence over etcdAuthority and etcdScheme."""
    if listed := values.get("etcdEndpoints"):
        urls = [part.strip() for part in listed.text.split(",") if part.strip()]
        return [SettingValue(url, listed.origin) for url in urls or [""]]
    authority, scheme = values.get("etcdAuthority"), values.get("etcdScheme")
    # calicoctl 1.6.5 has this default for the environment only, and rejects a file with only etcdAuthority.
    url = f"{scheme.text if scheme else DEFAULT_SCHEME}://{authority.text if authority else DEFAULT_AUTHORITY}"
    return [SettingValue(url, (authority or scheme or SettingValue("", "default")).origin)]


def _check_datastore_type(values: Mapping[str, SettingValue]) -> Iterator[str]:
    kind = values.get("datastoreType")
    if kind is None or kind.text == "etcdv3":
        return
    if kind.text == "etcdv2":
        yield f"{kind.origin}: etcdv2 is not supported (write etcdv3 or remove it)"
    elif kind.text == "kubernetes":
        yield f"{kind.origin}: the Kubernetes datastore is not supported (write etcdv3 or remove it)"
    else:
        yield f"{kind.origin}: unknown datastore type '{kind.text}' (expected etcdv3)"


def _check_login(values: Mapping[str, SettingValue]) -> Iterator[str]:
    user, password = values.get("etcdUsername"), values.get("etcdPassword")
    if password and not user:
        yield f"{password.origin}: a password requires a user name"
    if user and not password:
        yield f"{user.origin}: a user name requires a password"


def _check_certificates(values: Mapping[str, SettingValue], endpoints: tuple[str, ...]) -> Iterator[str]:
    key, cert = values.get("etcdKeyFile"), values.get("etcdCertFile")
    if key and not cert:
        yield f"{key.origin}: a client key requires a client certificate"
    if cert and not key:
        yield f"{cert.origin}: a client certificate requires a client key"
    if endpoints and endpoints[0].startswith("http://"):
        for name in _FILE_FIELDS:
            if name in values:
                # gRPC would send everything in plain text, without an error.
                yield f"{values[name].origin}: not used with {endpoints[0]} (write https:// or remove it)"


def _check_files(values: Mapping[str, SettingValue]) -> Iterator[str]:
    for name in _FILE_FIELDS:
        if name not in values:
            continue
        text, origin = values[name]
        try:
            with open(text, "rb") as file:  # noqa: PTH123
                file.read(1)
        except (OSError, ValueError) as error:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            yield f"{origin}: {text}: {reason.lower()}"


# As in calicoctl 1.6.5. Port 2379 of etcd is the default only if no endpoint is set.
_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_endpoints(urls: Sequence[SettingValue]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the URLs as `scheme://host:port` without duplicates, and their problems."""
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
        # The password, encrypted on https endpoints, would be sent in plain text to http endpoints.
        problems.append(f"{urls[0].origin}: http and https endpoints cannot be combined")
    return tuple(dict.fromkeys(endpoints)), tuple(problems)


def _normalize_url(url: str) -> tuple[str, str]:
    """Return `scheme://host:port` and an empty text, or an empty text and the problem."""
    if "@" in url:
        # The URL is not in the message: it contains a password.
        return "", "user name and password are not allowed in a URL (use etcdUsername and etcdPassword)"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        return "", f"invalid URL '{url}': {str(error).lower()}"
    try:
        port = parts.port
    except ValueError:
        port = 0
    if problem := _url_problem(url, parts, host, port):
        return "", f"invalid URL '{url}': {problem}"
    host = f"[{host}]" if ":" in str(host) else host
    return f"{parts.scheme}://{host}:{port or _DEFAULT_PORTS[parts.scheme]}", ""


def _url_problem(url: str, parts: SplitResult, host: str | None, port: int | None) -> str:
    if parts.scheme not in _DEFAULT_PORTS or "://" not in url:
        return "expected http://HOST:PORT or https://HOST:PORT"
    if not host or any(character.isspace() for character in url):
        return "missing host" if not host else "spaces are not allowed"
    if port == 0:
        return "the port must be a number from 1 to 65535"
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        return "expected nothing after the port"
    return ""
