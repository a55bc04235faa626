"""Endpoints of the command line, which replace those of a file or the environment."""

from __future__ import annotations

from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import TLS_FIELDS, SettingsSource

_ENDPOINT_FIELDS = frozenset(("etcdEndpoints", "etcdAuthority", "etcdScheme", "etcdDiscoverySrv", "datastoreType"))
"""Fields that the endpoints replace."""
_LOGIN_FIELDS = frozenset(("etcdUsername", "etcdPassword"))


def override_endpoints(source: SettingsSource, endpoints: SettingValue) -> SettingsSource:
    """Return the settings with other endpoints.

    If these are http, certificates are not used. A password for TLS endpoints is then not sent either.
    """
    removed = _ENDPOINT_FIELDS
    if "http://" in endpoints.text.lower():
        removed |= {*TLS_FIELDS} | (_LOGIN_FIELDS if _is_for_tls(source) else frozenset())
    values = {field: value for field, value in source.values.items() if field not in removed}
    return source._replace(values={**values, "etcdEndpoints": endpoints}, file=None)


def _is_for_tls(source: SettingsSource) -> bool:
    values = source.values
    texts = [values[field].text.lower() for field in ("etcdEndpoints", "etcdScheme") if field in values]
    return bool(values.keys() & {*TLS_FIELDS}) or any("https" in text for text in texts)
