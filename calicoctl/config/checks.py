"""Problems of settings. No message contains a value: a password or a key can be in the wrong field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calicoctl.config.history_limit import MAX_HISTORY_LIMIT, parse_history_limit
from calicoctl.config.pem import SUPPORTS_TEXTS, read_pem_file
from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import HISTORY_FIELD, SETTINGS, TLS_FIELDS
from calicoctl.errors import os_reason

_Values = Mapping[str, SettingValue]

_FILE_FIELDS = tuple(setting.field for setting in SETTINGS if setting.is_file)
_TEXT_FIELDS = {setting.field: setting.text_of for setting in SETTINGS if setting.text_of}
"""Fields with the text of a certificate or key, and the field with the path for each."""
_PEM_BEGIN = "-----BEGIN "


def find_problems(values: _Values, endpoints: tuple[str, ...]) -> Iterator[str]:
    """Yield the problems of the settings, each with its origin.

    Args:
        values: the values by field.
        endpoints: the valid endpoints.
    """
    for check in _CHECKS:
        yield from check(values)
    if endpoints and endpoints[0].startswith("http://"):
        for name in TLS_FIELDS:
            if name in values:
                # gRPC would send everything in plain text, without an error.
                yield f"{values[name].origin}: not used with http:// endpoints (write https:// or remove it)"


def _check_discovery(values: _Values) -> Iterator[str]:
    domain = values.get("etcdDiscoverySrv")
    if domain and "etcdEndpoints" in values:
        # As in libcalico-go backend/etcdv3.
        yield f"{domain.origin}: cannot be combined with etcdEndpoints (remove it)"
    elif domain:
        yield f"{domain.origin}: endpoints are not read from DNS (write their URLs in etcdEndpoints)"


def _check_datastore_type(values: _Values) -> Iterator[str]:
    kind = values.get("datastoreType")
    if kind is None or kind.text == "etcdv3":
        return
    if kind.text == "etcdv2":
        yield f"{kind.origin}: etcdv2 is not supported (write etcdv3 or remove it)"
    elif kind.text == "kubernetes":
        yield f"{kind.origin}: calicoctl needs etcd, not kubernetes (write etcdv3, and etcdEndpoints)"
    else:
        yield f"{kind.origin}: unknown datastore type (expected etcdv3)"


def _check_login(values: _Values) -> Iterator[str]:
    user, password = values.get("etcdUsername"), values.get("etcdPassword")
    if password and not user:
        yield f"{password.origin}: a password requires a user name"
    if user and not password:
        yield f"{user.origin}: a user name requires a password"


def _check_texts(values: _Values) -> Iterator[str]:
    """Yield the problems of texts that are combined with files, as Calico 3 rejects them."""
    for field, file_field in _TEXT_FIELDS.items():
        if field not in values:
            continue
        for other in _FILE_FIELDS:
            if other in values:
                yield f"{values[field].origin}: cannot be combined with {other} (write all as text or all as files)"
        if not SUPPORTS_TEXTS:
            yield f"{values[field].origin}: a text is supported on Linux only (write {file_field})"


def _check_pairs(values: _Values) -> Iterator[str]:
    key = values.get("etcdKeyFile") or values.get("etcdKey")
    certificate = values.get("etcdCertFile") or values.get("etcdCert")
    if key and not certificate:
        yield f"{key.origin}: a client key requires a client certificate"
    if certificate and not key:
        yield f"{certificate.origin}: a client certificate requires a client key"


def _check_files(values: _Values) -> Iterator[str]:
    for text_field, name in _TEXT_FIELDS.items():
        if name not in values:
            continue
        path, origin = values[name]
        if _PEM_BEGIN in path:
            yield f"{origin}: expected the path of a file (write a text in {text_field} of a configuration file)"
        elif problem := _open_problem(path):
            yield f"{origin}: {problem}"


def _check_history(values: _Values) -> Iterator[str]:
    history = values.get(HISTORY_FIELD)
    if history and parse_history_limit(history.text) is None:
        yield f"{history.origin}: expected off or a number of commands up to {MAX_HISTORY_LIMIT}"


_CHECKS = (
    *(_check_discovery, _check_datastore_type, _check_login, _check_texts, _check_pairs, _check_files),
    _check_history,
)


def _open_problem(path: str) -> str:
    """Return the reason why a file is unreadable, or an empty text."""
    try:
        read_pem_file(path)
    except OSError as error:
        return os_reason(error)
    except ValueError:
        return "not a path"
    return ""
