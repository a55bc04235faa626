"""Connection settings of the datastore, from a file or the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from calicoctl.config.environment import read_environment
from calicoctl.config.settings import Settings, build_settings

__all__ = ["DEFAULT_CONFIG_FILE", "Settings", "load"]

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
