"""The platforms of the artefacts: Python versions, architecture, and Debian release of the image."""

from __future__ import annotations

import platform
from typing import NamedTuple

PYTHON_VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
"""Python versions that the one-file program supports."""

DEBIAN_PYTHON_VERSIONS = ("3.11", "3.12", "3.13")
"""Python versions that the Debian package supports: Debian 12 has 3.11, Debian 13 has 3.13, Ubuntu 24.04 has 3.12."""


def next_version(version: str) -> str:
    """Return the Python version after a version such as 3.13."""
    major, _, minor = version.partition(".")
    return f"{major}.{int(minor) + 1}"


class DebianRelease(NamedTuple):
    """A Debian release, and its Python version."""

    suite: str
    python: str


IMAGE_BASE = DebianRelease("trixie", "3.13")
"""Release whose packages are in the container image."""


class Architecture(NamedTuple):
    """An architecture, by the names that wheels and Debian use for it."""

    wheel: str
    debian: str

    @property
    def wheel_platforms(self) -> tuple[str, ...]:
        """Return the platform tags of compatible wheels."""
        return tuple(f"{tag}_{self.wheel}" for tag in ("manylinux_2_28", "manylinux_2_17", "manylinux2014"))


_ARCHITECTURES = {each.wheel: each for each in (Architecture("x86_64", "amd64"), Architecture("aarch64", "arm64"))}


def this_architecture() -> Architecture:
    """Return the architecture of this machine. Artefacts with binary code are built for it.

    Raises:
        RuntimeError: there are no wheels for the architecture.
    """
    machine = platform.machine()
    if platform.system() != "Linux" or machine not in _ARCHITECTURES:
        raise RuntimeError(f"artefacts are built on Linux, on one of: {', '.join(_ARCHITECTURES)}; not on {machine}")
    return _ARCHITECTURES[machine]
