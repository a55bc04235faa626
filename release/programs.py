"""Programs that the build runs, with an environment that does not depend on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_KEPT = (
    "PATH",
    "HOME",
    "TMPDIR",
    "PIP_",
    "SSL_",
    "REQUESTS_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
)
"""Variables of the caller that remain, and beginnings of their names."""


def environment(epoch: int) -> dict[str, str]:
    """Return the variables for reproducible output, with the time of all files in seconds."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
    fixed = {"SOURCE_DATE_EPOCH": str(epoch), "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    return {**kept, **fixed, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}


def run(*command: str | Path, variables: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Run a program and return its standard output.

    Raises:
        RuntimeError: the program fails.
    """
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        output = (done.stderr + done.stdout)[-4000:]
        raise RuntimeError(f"{Path(command[0]).name} failed with exit code {done.returncode}:\n{output}")
    return done.stdout


def require_programs(*names: str) -> None:
    """Check that programs of the system are installed.

    Raises:
        RuntimeError: one is missing.
    """
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        raise RuntimeError(f"not installed: {', '.join(missing)} (.ci/install-programs dist installs them)")
