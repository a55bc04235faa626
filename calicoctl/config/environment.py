"""Connection settings from environment variables."""

from __future__ import annotations

from collections.abc import Mapping

from calicoctl.config.settings import SettingsSource, SettingValue

FIELD_BY_VARIABLE = {
    "DATASTORE_TYPE": "datastoreType",
    "ETCD_ENDPOINTS": "etcdEndpoints",
    "ETCD_AUTHORITY": "etcdAuthority",
    "ETCD_SCHEME": "etcdScheme",
    "ETCD_USERNAME": "etcdUsername",
    "ETCD_PASSWORD": "etcdPassword",
    "ETCD_KEY_FILE": "etcdKeyFile",
    "ETCD_CERT_FILE": "etcdCertFile",
    "ETCD_CA_CERT_FILE": "etcdCACertFile",
}
"""Each variable, and the field of the configuration file that says the same."""


def read_environment(environ: Mapping[str, str]) -> SettingsSource:
    """Collect what the environment says; `CALICO_ETCD_ENDPOINTS` wins over `ETCD_ENDPOINTS` (as in 1.6.5)."""
    values = {}
    for variable, name in FIELD_BY_VARIABLE.items():
        for variable_name in (f"CALICO_{variable}", variable):
            if text := environ.get(variable_name):
                values[name] = SettingValue(text, variable_name)
                break
    return SettingsSource(values, file=None)
