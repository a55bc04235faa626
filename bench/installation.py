"""An installation of calicoctl as from a wheel: an editable one slows the interpreter down, also without calicoctl."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
_SCRIPT = "from calicoctl.__main__ import run\nrun()\n"


class Installation(NamedTuple):
    """Programs of the installation."""

    python: str
    calicoctl: str


def install(folder: Path) -> Installation:
    """Make a virtual environment in a new folder, with links to the dependencies and to this source tree."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    command = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    for source in Path(sysconfig.get_path("purelib")).iterdir():
        if source.suffix != ".pth" and not source.name.startswith(("__", "calicoctl")):
            (packages / source.name).symlink_to(source)
    for name in ("calicoctl", "schemas"):
        (packages / name).symlink_to(ROOT / name)
    script = folder / "bin" / "calicoctl"
    script.write_text(f"#!{python}\n{_SCRIPT}", encoding="utf-8")
    script.chmod(0o755)
    return Installation(str(python), str(script))
