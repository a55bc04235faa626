"""The programs that are measured: ours, and Calico's own calicoctl 3.x where the variable CALICOCTL_PEER names it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(sys.executable).with_name("calicoctl")
CALICOCTL = (str(SCRIPT),) if SCRIPT.exists() else (sys.executable, "-m", "calicoctl")


def peer() -> str | None:
    """The other program, or None where none is named."""
    return os.environ.get("CALICOCTL_PEER") or None


def in_v3(manifest: Path, folder: Path) -> Path:
    """A v1 manifest in the form that the peer reads, in a file in this folder."""
    converted = folder / f"v3-{manifest.name}"
    with converted.open("wb") as output:
        subprocess.run((*CALICOCTL, "convert", "-f", str(manifest), "--to", "v3"), stdout=output, check=True)
    return converted
