"""Connection settings of the datastore, from a file or the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from calicoctl.config.build import build_settings
from calicoctl.config.endpoints import parse_endpoints
from calicoctl.config.environment import read_environment
from calicoctl.config.pem import Pem
from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import Settings
from calicoctl.errors import UsageError

__all__ = ["DEFAULT_CONFIG_FILE", "Pem", "Settings", "load", "with_endpoint"]

DEFAULT_CONFIG_FILE = "/etc/calico/calicoctl.cfg"


def load(path: str | None, environ: Mapping[str, str], default_file: str = DEFAULT_CONFIG_FILE) -> Settings:
    """Read and validate the connection settings.

    A file is the only source if there is one: as in calicoctl 1.6.5, the environment is then ignored.

    Args:
        path: the file of --config, or None.
        environ: the environment variables.
        default_file: the file to read without --config, if it exists.

    Raises:
        UsageError: one line for each problem, including unreadable certificate files.
    """
    if path is None and not Path(default_file).exists():
        return build_settings(read_environment(environ))
    # Importing YAML takes about 10 ms.
    from calicoctl.config.file import read_file

    return build_settings(read_file(path if path is not None else default_file))


def with_endpoint(settings: Settings, url: str, origin: str) -> Settings:
    """Return the settings with another endpoint. A password for TLS endpoints is not sent to an http endpoint.

    Args:
        settings: settings of the datastore.
        url: the URL of the endpoint.
        origin: the option with the URL, for messages.

    Raises:
        UsageError: the URL is invalid.
    """
    endpoints, problems = parse_endpoints([SettingValue(text=url, origin=origin)])
    if problems:
        raise UsageError(*problems)
    changed = replace(settings, endpoints=endpoints, origin=origin)
    return replace(changed, username=None, password=None) if settings.uses_tls and not changed.uses_tls else changed
