"""Debian package: calicoctl with its libraries, manual pages, completion and examples."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path

from release.context import ROOT, Build
from release.installation import LIBRARIES, install_libraries, write_launcher
from release.licenses import library_licenses
from release.programs import run
from release.source import set_times
from release.targets import DEBIAN_PYTHON_VERSIONS, next_version

_TEMPLATES = ROOT / "release" / "debian"
_DEFAULT_MAINTAINER = "calicoctl maintainers <calicoctl@packages.invalid>"
_COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/calicoctl",
    "zsh": "usr/share/zsh/vendor-completions/_calicoctl",
    "fish": "usr/share/fish/vendor_completions.d/calicoctl.fish",
}
"""Directories of the distribution for completion scripts."""
_PLACEHOLDER = re.compile(r"@([A-Z]+)@")


def build_debian_package(build: Build) -> None:
    """Build the package with dpkg-deb."""
    root = build.scratch / "debian"
    install_libraries(build, root, DEBIAN_PYTHON_VERSIONS)
    write_launcher(root, "/usr/bin/python3")
    _write_manual_pages(root)
    _write_completions(build, root)
    _write_documents(build, root)
    _write_control(build, root)
    set_times(root, build.epoch)
    # One thread: the result does not depend on the number of processors.
    options = ("--root-owner-group", "-Zxz", "-z1", "--threads-max=1")
    run("dpkg-deb", *options, "--build", root, build.debian_package, variables=build.variables)


def _write_manual_pages(root: Path) -> None:
    """Move the manual pages of the wheel to the place of the distribution."""
    for page in sorted((root / LIBRARIES / "share" / "man" / "man1").iterdir()):
        _write_compressed(root, f"usr/share/man/man1/{page.name}.gz", page.read_bytes())
    shutil.rmtree(root / LIBRARIES / "share")


def _write_completions(build: Build, root: Path) -> None:
    for shell, name in _COMPLETIONS.items():
        script = run(sys.executable, "-m", "calicoctl", "completion", shell, variables=build.variables, cwd=ROOT)
        _new_file(root, name).write_text(script, encoding="utf-8")


def _write_documents(build: Build, root: Path) -> None:
    documents = "usr/share/doc/calicoctl"
    shutil.copytree(build.scratch / "calicoctl" / "examples", root / documents / "examples")
    _write_compressed(root, f"{documents}/CHANGELOG.md.gz", (ROOT / "CHANGELOG.md").read_bytes())
    _write_compressed(root, f"{documents}/changelog.gz", _filled("changelog", _values(build)).encode())
    paragraphs = library_licenses(root / LIBRARIES, f"/{LIBRARIES}")
    copyright_text = "\n".join((_filled("copyright", {}), *paragraphs))
    _new_file(root, f"{documents}/copyright").write_text(copyright_text, encoding="utf-8")
    overrides = _new_file(root, "usr/share/lintian/overrides/calicoctl")
    shutil.copyfile(_TEMPLATES / "lintian-overrides", overrides)


def _write_control(build: Build, root: Path) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    size = sum(-(-path.stat().st_size // 1024) for path in files) + sum(path.is_dir() for path in root.rglob("*"))
    sums = [
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(root)}\n"
        for path in files
    ]
    values = {**_values(build), "SIZE": str(size)}
    _new_file(root, "DEBIAN/control").write_text(_filled("control", values), encoding="utf-8")
    _new_file(root, "DEBIAN/md5sums").write_text("".join(sums), encoding="utf-8")
    for name in ("postinst", "prerm"):
        script = _new_file(root, f"DEBIAN/{name}")
        shutil.copyfile(_TEMPLATES / name, script)
        script.chmod(0o755)
    for directory in (path for path in root.rglob("*") if path.is_dir()):
        directory.chmod(0o755)


def _values(build: Build) -> dict[str, str]:
    return {
        "VERSION": build.version,
        "ARCHITECTURE": build.architecture.debian,
        "MAINTAINER": os.environ.get("DEBEMAIL") or _DEFAULT_MAINTAINER,
        "LOWEST": DEBIAN_PYTHON_VERSIONS[0],
        "HIGHEST": next_version(DEBIAN_PYTHON_VERSIONS[-1]),
        "VERSIONS": f"{DEBIAN_PYTHON_VERSIONS[0]} to {DEBIAN_PYTHON_VERSIONS[-1]}",
        "DATE": format_datetime(datetime.fromtimestamp(build.epoch, tz=timezone.utc)),
    }


def _filled(name: str, values: Mapping[str, str]) -> str:
    text = (_TEMPLATES / name).read_text(encoding="utf-8")
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _new_file(root: Path, name: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _write_compressed(root: Path, name: str, content: bytes) -> None:
    _new_file(root, name).write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
