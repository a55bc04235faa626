"""Measured programs: this calicoctl, and another one (Calico's own 3.x) if CALICOCTL_PEER is set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(sys.executable).with_name("calicoctl")
CALICOCTL = (str(SCRIPT),) if SCRIPT.exists() else (sys.executable, "-m", "calicoctl")


def peer_program() -> str | None:
    """Return the path of the other calicoctl, or None."""
    return os.environ.get("CALICOCTL_PEER") or None


def convert_to_v3(manifest: Path, folder: Path) -> Path:
    """Convert a v1 manifest to v3, for the peer; return the new file in this folder."""
    converted = folder / f"v3-{manifest.name}"
    with converted.open("wb") as output:
        subprocess.run((*CALICOCTL, "convert", "-f", str(manifest), "--to", "v3"), stdout=output, check=True)
    return converted
