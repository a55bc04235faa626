"""Connection settings from environment variables."""

from __future__ import annotations

from collections.abc import Mapping

from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import HISTORY_FIELD, SETTINGS, SettingsSource

CONTEXT_VARIABLE = "CALICO_CONTEXT"
"""Environment variable with the name of the context in the configuration file."""


def read_environment(environ: Mapping[str, str]) -> SettingsSource:
    """Return the settings from the environment.

    `CALICO_ETCD_ENDPOINTS` takes precedence over `ETCD_ENDPOINTS`, as in calicoctl 1.6.5.
    """
    values = {}
    for setting in SETTINGS:
        for variable in setting.variables:
            if text := environ.get(variable):
                values[setting.field] = SettingValue(text, variable)
                break
    return SettingsSource(values, file=None)


def override_history(source: SettingsSource, environ: Mapping[str, str]) -> SettingsSource:
    """Return the settings of a file with the history of the environment, if that has one.

    Calico 3 rejects a file with a field that it does not have, so the field cannot be in a file for both.
    """
    name = HISTORY_FIELD
    found = read_environment(environ).values.get(name)
    return source if found is None else source._replace(values={**source.values, name: found})
