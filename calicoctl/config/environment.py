"""Connection settings from environment variables."""

from __future__ import annotations

from collections.abc import Mapping

from calicoctl.config.settings import Given, Source

VARIABLES = {
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


def read_environment(environ: Mapping[str, str]) -> Source:
    """Collect what the environment says; `CALICO_ETCD_ENDPOINTS` wins over `ETCD_ENDPOINTS` (as in 1.6.5)."""
    given = {}
    for variable, name in VARIABLES.items():
        for written in (f"CALICO_{variable}", variable):
            if text := environ.get(written):
                given[name] = Given(text, written)
                break
    return Source(given, file=None)
