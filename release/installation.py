"""Files of an installed calicoctl below a root: its libraries and its program."""

from __future__ import annotations

import shutil
from pathlib import Path

from release.context import ROOT, Build
from release.wheels import install_wheels

LIBRARIES = "usr/lib/calicoctl"
_LAUNCHER = ROOT / "release" / "debian" / "launcher"


def install_libraries(build: Build, root: Path, versions: tuple[str, ...]) -> None:
    """Install calicoctl and its libraries below a root, in one directory for several Python versions.

    The names of binary modules contain the Python version. Metadata about files is removed, because it is correct for
    one version only, or contains paths of this machine.
    """
    directory = root / LIBRARIES
    for version in versions:
        part = build.scratch / f"{root.name}-{version}"
        install_wheels(build, part, version)
        shutil.copytree(part, directory, dirs_exist_ok=True)
        shutil.rmtree(part)
    shutil.rmtree(directory / "bin")
    for name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
        for path in directory.glob(f"*.dist-info/{name}"):
            path.unlink()
    for path in directory.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def write_launcher(root: Path, interpreter: str) -> None:
    """Write the program below a root. It is isolated from the user's Python packages and from Python's variables.

    Args:
        root: the root.
        interpreter: path of Python in the installed system.
    """
    program = root / "usr" / "bin" / "calicoctl"
    program.parent.mkdir(parents=True)
    program.write_text(_LAUNCHER.read_text(encoding="utf-8").replace("/usr/bin/python3", interpreter), encoding="utf-8")
    program.chmod(0o755)
