"""One-file program: a PEX with the wheels of all supported Python versions."""

from __future__ import annotations

import sys
from pathlib import Path

from release.context import Build
from release.programs import run
from release.targets import PYTHON_VERSIONS, next_version


def build_program(build: Build) -> None:
    """Build the program.

    The first start unpacks it below `~/.cache/pex`. A later start executes the unpacked program from `sh`, so that its
    time is that of the installed program. `/usr/bin/python3` is preferred to the Python on PATH.
    """
    tags = [f"manylinux2014_{build.architecture.wheel}-cp-{tag}-cp{tag}" for tag in _interpreter_tags()]
    platforms = [word for tag in tags for word in ("--platform", tag)]
    command: list[str | Path] = [sys.executable, "-m", "pex", "--pex-root", build.scratch / "pex", *platforms]
    command += ["--pre-resolved-dists", build.wheelhouse, "--pre-resolved-dist", build.wheel]
    # With a constraint, the place of the unpacked program does not depend on the path of Python.
    command += ["--interpreter-constraint", f"CPython>={PYTHON_VERSIONS[0]},<{next_version(PYTHON_VERSIONS[-1])}"]
    command += ["--venv", "--sh-boot", "--python-shebang", "/usr/bin/python3", "--runtime-pex-root", "~/.cache/pex"]
    command += ["--console-script", "calicoctl", "--output-file", build.program, f"calicoctl=={build.version}"]
    run(*command, variables=build.variables)


def _interpreter_tags() -> tuple[str, ...]:
    return tuple(version.replace(".", "") for version in PYTHON_VERSIONS)
