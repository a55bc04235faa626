"""The connection settings: a table with their names in all sources, and their validated form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from calicoctl.config.history_limit import DEFAULT_HISTORY_LIMIT, MAX_HISTORY_LIMIT
from calicoctl.config.pem import Pem
from calicoctl.config.setting_value import SettingValue
from calicoctl.lazy_dataclass import dataclass

_PREFIX = "CALICO_"

DEFAULT_TIMEOUT_SECONDS = 6.0
"""Time to reach the datastore, in seconds, for all endpoints together."""


class Setting(NamedTuple):
    """A setting, with its names in every source."""

    field: str
    """Field of the configuration file, in `spec`."""
    variable: str
    """Environment variable; the same with the prefix `CALICO_`, if it has none, takes precedence."""
    description: str
    """Noun phrase for the documentation."""
    attribute: str = ""
    """Attribute of `Settings`; empty if `build_settings` computes the endpoints from it."""
    is_file: bool = False
    """Whether the value is the path of a certificate or key. The attribute is a `Pem`."""
    is_secret: bool = False
    """Whether `config view` hides the value."""
    text_of: str = ""
    """Field with the path of the file that the value is the text of; such a setting has no variable, as in Calico 3."""

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables, in the order of their precedence."""
        if not self.variable or self.variable.startswith(_PREFIX):
            return (self.variable,) if self.variable else ()
        return (f"{_PREFIX}{self.variable}", self.variable)


HISTORY_FIELD = "history"

DEFAULT_AUTHORITY = "127.0.0.1:2379"
DEFAULT_SCHEME = "http"
DEFAULT_ORIGIN = "default"
"""Origin of endpoints that are set in no place."""

SETTINGS = (
    Setting("etcdEndpoints", "ETCD_ENDPOINTS", "URLs of etcd, separated by commas, all http or all https"),
    Setting(
        "etcdAuthority",
        "ETCD_AUTHORITY",
        f"HOST:PORT of one etcd, if no URLs are set; the default is {DEFAULT_AUTHORITY}",
    ),
    Setting("etcdScheme", "ETCD_SCHEME", f"http or https, for HOST:PORT; the default is {DEFAULT_SCHEME}"),
    Setting("etcdUsername", "ETCD_USERNAME", "User name; requires the password", "username"),
    Setting("etcdPassword", "ETCD_PASSWORD", "Password; requires the user name", "password", is_secret=True),
    Setting("etcdKeyFile", "ETCD_KEY_FILE", "Client key; requires the client certificate", "key", is_file=True),
    Setting(
        "etcdCertFile", "ETCD_CERT_FILE", "Client certificate; requires the client key", "certificate", is_file=True
    ),
    Setting(
        "etcdCACertFile", "ETCD_CA_CERT_FILE", "CA certificate that signed the certificate of etcd", "ca", is_file=True
    ),
    Setting(
        "etcdKey",
        "",
        "Client key as text (PEM), instead of `etcdKeyFile`",
        "key",
        is_secret=True,
        text_of="etcdKeyFile",
    ),
    Setting(
        "etcdCert",
        "",
        "Client certificate as text (PEM), instead of `etcdCertFile`",
        "certificate",
        text_of="etcdCertFile",
    ),
    Setting(
        "etcdCACert", "", "CA certificate as text (PEM), instead of `etcdCACertFile`", "ca", text_of="etcdCACertFile"
    ),
    Setting("etcdDiscoverySrv", "ETCD_DISCOVERY_SRV", "Empty: endpoints are not read from DNS"),
    Setting("datastoreType", "DATASTORE_TYPE", "etcdv3, or not set"),
    Setting(
        HISTORY_FIELD,
        "CALICO_HISTORY",
        f"Maximum number of commands in the history, up to {MAX_HISTORY_LIMIT}, or off; "
        f"the default is {DEFAULT_HISTORY_LIMIT}",
        "history",
    ),
)
"""All settings: those of the connection as in calicoctl 1.6.5 and in CalicoAPIConfig of Calico 3, and the history."""
TLS_FIELDS = tuple(setting.field for setting in SETTINGS if setting.is_file or setting.text_of)
"""Fields with the path or the text of a certificate or key."""


@dataclass(frozen=True)
class Settings:
    """Validated connection settings."""

    endpoints: tuple[str, ...]
    """URLs with scheme, host and port, all http or all https, in order of preference."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    key: Pem | None = None
    certificate: Pem | None = None
    ca: Pem | None = None
    origin: str = DEFAULT_ORIGIN
    """Source of the endpoints: a file with its context, an environment variable, an option, or `default`."""
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    """Time to reach the datastore, and time of each request, in seconds."""
    history: int = DEFAULT_HISTORY_LIMIT
    """Maximum number of commands in the history; 0 if it is off."""

    @property
    def is_default(self) -> bool:
        """Whether no endpoint is set, in any source."""
        return self.origin == DEFAULT_ORIGIN

    @property
    def uses_tls(self) -> bool:
        """Whether the connection uses TLS."""
        return self.endpoints[0].startswith("https://")


class SettingsSource(NamedTuple):
    """Settings of one source."""

    values: Mapping[str, SettingValue]
    """Values by field of the configuration file. Empty values are omitted."""
    file: str | None
    """The file, with the context if one was requested (`FILE, context NAME`); None for the environment and options."""
    problems: tuple[str, ...] = ()
    """Problems of the file's syntax and fields."""

    @property
    def has_endpoints(self) -> bool:
        """Whether the source contains endpoints."""
        return bool({"etcdEndpoints", "etcdAuthority"} & self.values.keys())
