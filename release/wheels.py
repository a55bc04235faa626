"""Wheel and sdist of calicoctl, wheels of the locked dependencies, and directories with both."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from release.context import REQUIREMENTS, Build
from release.programs import run
from release.source import export_source
from release.targets import PYTHON_VERSIONS

PIP = (sys.executable, "-m", "pip")


def build_wheel(build: Build) -> None:
    """Build the sdist, and the wheel from the sdist, with the setuptools of this environment."""
    source = build.scratch / "calicoctl"
    export_source(source, build.epoch)
    command = (sys.executable, "-m", "build", "--no-isolation", "--outdir", build.output)
    run(*command, variables=build.variables, cwd=source)


def download_wheels(build: Build) -> None:
    """Download the wheels of the dependencies for all Python versions. Their hashes are those of the lock file."""
    stamp = build.wheelhouse.with_suffix(".sha256")
    content = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == content:
        return
    shutil.rmtree(build.wheelhouse, ignore_errors=True)
    for version in PYTHON_VERSIONS:
        target: list[str | Path] = ["--no-deps", *_wheel_options(build, version), "--dest", build.wheelhouse]
        run(*PIP, "download", "--require-hashes", *target, "-r", REQUIREMENTS, variables=build.variables)
    stamp.write_text(content, encoding="ascii")


def install_wheels(build: Build, directory: Path, version: str) -> None:
    """Install calicoctl and the dependencies for a Python version into a directory."""
    wanted = [f"{name}=={number}" for name, number in locked_versions().items()]
    options = ("--no-deps", "--no-index", "--no-compile", *_wheel_options(build, version))
    places: list[str | Path] = ["--find-links", build.wheelhouse, "--find-links", build.output, "--target", directory]
    places += [f"calicoctl=={build.version}", *wanted]
    run(*PIP, "install", *options, *places, variables=build.variables)


def locked_versions() -> dict[str, str]:
    """Return the names and versions of the locked dependencies."""
    lines = REQUIREMENTS.read_text(encoding="ascii").splitlines()
    return dict(line.removesuffix(" \\").split("==") for line in lines if "==" in line and line[0].isalpha())


def _wheel_options(build: Build, version: str) -> tuple[str, ...]:
    platforms = [word for tag in build.architecture.wheel_platforms for word in ("--platform", tag)]
    return ("--only-binary=:all:", "--python-version", version, *platforms)
