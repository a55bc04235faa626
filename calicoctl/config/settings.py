"""Connection settings and their validation, for all sources."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from calicoctl.config.endpoints import parse_endpoints
from calicoctl.config.inline_pem import inline_problems, open_inline_texts
from calicoctl.config.setting_value import SettingValue
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
    text_of: str = ""
    """Field with the path of the file that the value is the text of; such a setting has no variable, as in Calico 3."""


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
    Setting("etcdKey", "", "Client key as text (PEM), instead of `etcdKeyFile`", text_of="etcdKeyFile"),
    Setting("etcdCert", "", "Client certificate as text (PEM), instead of `etcdCertFile`", text_of="etcdCertFile"),
    Setting("etcdCACert", "", "CA certificate as text (PEM), instead of `etcdCACertFile`", text_of="etcdCACertFile"),
    Setting("etcdDiscoverySrv", "ETCD_DISCOVERY_SRV", "Empty: endpoints are not read from DNS"),
    Setting("datastoreType", "DATASTORE_TYPE", "etcdv3, or not set"),
)
"""All connection settings, as in calicoctl 1.6.5 and in CalicoAPIConfig of Calico 3."""

_INLINE_FIELDS = {setting.field: setting.text_of for setting in SETTINGS if setting.text_of}
"""Fields with the text of a certificate or key, and the field with the path for each."""
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
    inline_origins: Mapping[str, str] = field(default_factory=dict)
    """Source of each certificate and key that is not a file, by its path in memory."""

    def describe_file(self, path: str) -> str:
        """Return the name of a certificate or key in messages: its path, or the field with its text."""
        return self.inline_origins.get(path, path)

    @property
    def uses_tls(self) -> bool:
        """Whether the connection uses TLS."""
        return self.endpoints[0].startswith("https://")


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
    inline = tuple(inline_problems(source.values, _INLINE_FIELDS))
    values = dict(source.values) if inline else open_inline_texts(source.values, _INLINE_FIELDS)
    endpoints, endpoint_problems = parse_endpoints(_endpoint_urls(values))
    problems = (
        *source.problems,
        *inline,
        *endpoint_problems,
        *_check_discovery(values),
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
    inline_origins = {
        values[path].text: values[path].origin for text, path in _INLINE_FIELDS.items() if text in source.values
    }
    settings = Settings(endpoints, inline_origins=inline_origins, origin=source.file or _endpoints_origin(values))
    return replace(settings, **attributes)


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
        yield f"{kind.origin}: calicoctl needs etcd, not kubernetes (write etcdv3, and etcdEndpoints)"
    else:
        yield f"{kind.origin}: unknown datastore type '{kind.text}' (expected etcdv3)"


def _check_discovery(values: Mapping[str, SettingValue]) -> Iterator[str]:
    if domain := values.get("etcdDiscoverySrv"):
        yield f"{domain.origin}: endpoints are not read from DNS (write their URLs in etcdEndpoints)"


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
