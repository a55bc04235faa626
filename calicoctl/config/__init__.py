"""Where the datastore is and how to log in to it: connection settings from a file or the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from calicoctl.config.environment import read_environment
from calicoctl.config.settings import Settings, build_settings

__all__ = ["DEFAULT_CONFIG_FILE", "Settings", "load"]

DEFAULT_CONFIG_FILE = "/etc/calico/calicoctl.cfg"


def load(path: str | None, environ: Mapping[str, str], default_file: str = DEFAULT_CONFIG_FILE) -> Settings:
    """Find the connection settings and check them, all problems at once.

    A file is used alone: the environment then says nothing, even about what the file leaves out
    (calicoctl 1.6.5 does the same).

    Args:
        path: the file that the user named, or None.
        environ: the environment variables.
        default_file: the file that is read, if it exists, when the user named none.

    Raises:
        UsageProblem: one line for each thing that is wrong; certificate files are looked for as well.
    """
    if path is None and not Path(default_file).exists():
        return build_settings(read_environment(environ))
    # Only here is YAML needed, and importing it costs about 10 ms.
    from calicoctl.config.file import read_file

    return build_settings(read_file(path if path is not None else default_file))
