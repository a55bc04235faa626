"""Connection settings of the datastore, from a file or the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from calicoctl.config.build import build_settings
from calicoctl.config.environment import CONTEXT_VARIABLE, override_history, read_environment
from calicoctl.config.override import override_endpoints
from calicoctl.config.pem import Pem
from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import DEFAULT_TIMEOUT_SECONDS, Settings, SettingsSource
from calicoctl.errors import UsageError

__all__ = [
    "DEFAULT_CONFIG_FILE",
    "Pem",
    "SettingValue",
    "Settings",
    "SettingsSource",
    "build_settings",
    "find_file",
    "load",
    "load_source",
    "override_endpoints",
    "requested_context",
]

DEFAULT_CONFIG_FILE = "/etc/calico/calicoctl.cfg"


def load(path: str | None, environ: Mapping[str, str], default_file: str = DEFAULT_CONFIG_FILE) -> Settings:
    """Read and validate the connection settings.

    A file is the only source if there is one: as in calicoctl 1.6.5, the environment is then ignored, except for the
    history.

    Args:
        path: the file of --config, or None.
        environ: the environment variables.
        default_file: the file to read without --config, if it exists.

    Raises:
        UsageError: one line for each problem, including unreadable certificate files.
    """
    return build_settings(load_source(path, requested_context(None, environ), environ, default_file))


def load_source(
    path: str | None,
    context: SettingValue | None,
    environ: Mapping[str, str],
    default_file: str = DEFAULT_CONFIG_FILE,
    pipe_seconds: float | None = None,
) -> SettingsSource:
    """Read the connection settings, each with its origin, without the validation of `build_settings`.

    Args:
        path: the file of --config, or None.
        context: the context in the file, or None for the first.
        environ: the environment variables.
        default_file: the file to read without --config, if it exists.
        pipe_seconds: longest wait for the next bytes if the file is a pipe; None for the default timeout.

    Raises:
        UsageError: the file has a syntax error, or the context does not exist.
    """
    if (file := find_file(path, default_file)) is not None:
        # Importing YAML takes about 10 ms.
        from calicoctl.config.file import read_file

        source = read_file(file, context, pipe_seconds or DEFAULT_TIMEOUT_SECONDS)
        return override_history(source, environ)
    if context is not None:
        raise UsageError(f"{context.origin}: no configuration file (contexts are in the file of --config)")
    return read_environment(environ)


def find_file(path: str | None, default_file: str = DEFAULT_CONFIG_FILE) -> str | None:
    """Return the file of --config, or the default file; None if neither exists and the environment is used."""
    if path is not None:
        return path
    return default_file if Path(default_file).exists() else None


def requested_context(context: str | None, environ: Mapping[str, str]) -> SettingValue | None:
    """Return the context of --context or of the environment, or None for the first of the file."""
    if context is not None:
        return SettingValue(context, "--context")
    return SettingValue(environ[CONTEXT_VARIABLE], CONTEXT_VARIABLE) if environ.get(CONTEXT_VARIABLE) else None
