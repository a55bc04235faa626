"""Update of the locked dependencies: `python -m release.lock`."""

from __future__ import annotations

import sys

from release.context import REQUIREMENTS, ROOT
from release.programs import run
from release.targets import PYTHON_VERSIONS

_HEADER = "# The dependencies of the artefacts, with hashes; `make lock` writes this file.\n"


def write_lock() -> None:
    """Write the newest versions of the dependencies that all supported Python versions can use."""
    command = (sys.executable, "-m", "uv", "pip", "compile", "setup.cfg", "--universal", "--fork-strategy", "fewest")
    options = ("--python-version", PYTHON_VERSIONS[0], "--no-python-downloads", "--generate-hashes", "--no-header")
    REQUIREMENTS.write_text(_HEADER + run(*command, *options, cwd=ROOT), encoding="ascii")


if __name__ == "__main__":
    write_lock()
