"""Software bill of materials: calicoctl and its dependencies in CycloneDX."""

from __future__ import annotations

import shutil
import sys
import venv
from collections.abc import Mapping
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
    write_sbom(directory, build.version, build.sbom, build.variables)


def write_sbom(environment: Path, version: str, path: Path, variables: Mapping[str, str]) -> None:
    """Write the SBOM of an environment, validated by the schema of CycloneDX.

    Args:
        environment: directory of the environment.
        version: version of calicoctl.
        path: the new file; a file for the program is written to its directory for a moment.
        variables: environment variables of the program.
    """
    project = _write_project(version, path.with_suffix(".toml"))
    options = ("--spec-version", SPECIFICATION, "--output-reproducible", "--mc-type", "application")
    files = ("--pyproject", project, "--output-file", path)
    run(sys.executable, "-m", "cyclonedx_py", "environment", *options, *files, environment, variables=variables)
    project.unlink()


def _write_project(version: str, path: Path) -> Path:
    """Write the metadata of the main component, which CycloneDX does not read from setup.cfg."""
    lines = ("[project]", 'name = "calicoctl"', f'version = "{version}"', 'license = "Apache-2.0"')
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
