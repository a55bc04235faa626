"""Software bill of materials: calicoctl and its dependencies in CycloneDX."""

from __future__ import annotations

import shutil
import sys
import venv
from pathlib import Path

from release.context import Build
from release.programs import run
from release.wheels import install_wheels

SPECIFICATION = "1.6"


def build_sbom(build: Build) -> None:
    """Write the SBOM of an environment that contains calicoctl and its locked dependencies only."""
    directory = build.scratch / "sbom"
    venv.create(directory, symlinks=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    site = directory / "lib" / f"python{version}" / "site-packages"
    shutil.rmtree(site)
    install_wheels(build, site, version)
    _write_sbom(build, directory)


def _write_sbom(build: Build, environment: Path) -> None:
    """Write the SBOM of the environment in a directory, validated by the schema of CycloneDX."""
    project = _write_project(build.version, build.scratch / "sbom.toml")
    options = ("--spec-version", SPECIFICATION, "--output-reproducible", "--mc-type", "application")
    files = ("--pyproject", project, "--output-file", build.sbom)
    run(sys.executable, "-m", "cyclonedx_py", "environment", *options, *files, environment, variables=build.variables)


def _write_project(version: str, path: Path) -> Path:
    """Write the metadata of the main component, which CycloneDX does not read from setup.cfg."""
    lines = ("[project]", 'name = "calicoctl"', f'version = "{version}"', 'license = "Apache-2.0"')
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
