"""Inputs that all artefacts share: version, time, directories and locked wheels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from release.programs import environment
from release.targets import Architecture, this_architecture

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "release" / "requirements.txt"
"""The locked dependencies."""


@dataclass(frozen=True)
class Build:
    """A build of all artefacts."""

    version: str
    epoch: int
    """Time of all files in the artefacts, in seconds."""
    scratch: Path
    """Empty directory for intermediate files."""
    output: Path
    """Directory of the artefacts."""
    wheelhouse: Path
    """Directory with the wheels of the locked dependencies."""
    architecture: Architecture = field(default_factory=this_architecture)

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment variables of the programs."""
        return environment(self.epoch)

    @property
    def wheel(self) -> Path:
        """Return the path of the wheel of calicoctl."""
        return self.output / f"calicoctl-{self.version}-py3-none-any.whl"

    @property
    def program(self) -> Path:
        """Return the path of the one-file program."""
        return self.output / f"calicoctl-{self.version}-linux-{self.architecture.wheel}.pyz"

    @property
    def debian_package(self) -> Path:
        """Return the path of the Debian package."""
        return self.output / f"calicoctl_{self.version}_{self.architecture.debian}.deb"

    @property
    def image(self) -> Path:
        """Return the path of the container image, a tar archive of an OCI layout."""
        return self.output / f"calicoctl-{self.version}-{self.architecture.debian}.oci.tar"

    @property
    def sbom(self) -> Path:
        """Return the path of the software bill of materials."""
        return self.output / f"calicoctl-{self.version}.cdx.json"
