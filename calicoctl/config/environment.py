"""Connection settings from environment variables."""

from __future__ import annotations

from collections.abc import Mapping

from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import SETTINGS, SettingsSource

CONTEXT_VARIABLE = "CALICO_CONTEXT"
"""Environment variable with the name of the context in the configuration file."""


def read_environment(environ: Mapping[str, str]) -> SettingsSource:
    """Return the settings from the environment.

    `CALICO_ETCD_ENDPOINTS` takes precedence over `ETCD_ENDPOINTS`, as in calicoctl 1.6.5.
    """
    values = {}
    for setting in SETTINGS:
        for variable in (f"CALICO_{setting.variable}", setting.variable) if setting.variable else ():
            if text := environ.get(variable):
                values[setting.field] = SettingValue(text, variable)
                break
    return SettingsSource(values, file=None)
