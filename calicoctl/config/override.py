"""Endpoints of the command line, which replace those of a file or the environment."""

from __future__ import annotations

from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import SETTINGS, SettingsSource

_ENDPOINT_FIELDS = frozenset(("etcdEndpoints", "etcdAuthority", "etcdScheme", "etcdDiscoverySrv", "datastoreType"))
"""Fields that the endpoints replace."""
_TLS_FIELDS = frozenset(setting.field for setting in SETTINGS if setting.is_file or setting.text_of)
_LOGIN_FIELDS = frozenset(("etcdUsername", "etcdPassword"))


def override_endpoints(source: SettingsSource, endpoints: SettingValue) -> SettingsSource:
    """Return the settings with other endpoints.

    If these are http, certificates are not used. A password for TLS endpoints is then not sent either.
    """
    removed = _ENDPOINT_FIELDS
    if "http://" in endpoints.text.lower():
        removed |= _TLS_FIELDS | (_LOGIN_FIELDS if _is_for_tls(source) else frozenset())
    values = {field: value for field, value in source.values.items() if field not in removed}
    return source._replace(values={**values, "etcdEndpoints": endpoints}, file=None)


def _is_for_tls(source: SettingsSource) -> bool:
    values = source.values
    texts = [values[field].text.lower() for field in ("etcdEndpoints", "etcdScheme") if field in values]
    return bool(_TLS_FIELDS & values.keys()) or any("https" in text for text in texts)
