"""Build all artefacts of a release into a directory: `python -m release [--output DIRECTORY] [--twice]`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from calicoctl import __version__
from release.checksums import CHECKSUM_FILE, write_checksums
from release.context import ROOT, Build
from release.debian_package import build_debian_package
from release.image import build_image
from release.program import build_program
from release.programs import require_programs
from release.sbom import build_sbom
from release.source import commit_time, is_modified
from release.wheels import build_wheel, download_wheels

STEPS: dict[str, Callable[[Build], None]] = {
    "wheel and sdist": build_wheel,
    "wheels of the dependencies": download_wheels,
    "one-file program": build_program,
    "Debian package": build_debian_package,
    "container image": build_image,
    "SBOM": build_sbom,
}


def build_artefacts(output: Path) -> None:
    """Build all artefacts into a directory, which is emptied first.

    Raises:
        RuntimeError: a program is missing or fails.
    """
    require_programs("git", "dpkg-deb", "mmdebstrap", "umoci", "tar")
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    wheelhouse = ROOT / "build" / "wheelhouse"
    wheelhouse.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        build = Build(__version__, commit_time(), Path(scratch), output, wheelhouse)
        for name, step in STEPS.items():
            print(f"building: {name}", file=sys.stderr, flush=True)
            step(build)
    write_checksums(output)


def compare_with_second_build(output: Path) -> None:
    """Build all artefacts again, in other directories, and compare their checksums.

    Raises:
        RuntimeError: artefacts differ.
    """
    with tempfile.TemporaryDirectory() as directory:
        again = Path(directory) / "again"
        build_artefacts(again)
        first, second = (
            set((each / CHECKSUM_FILE).read_text(encoding="ascii").splitlines()) for each in (output, again)
        )
    if first != second:
        raise RuntimeError("\n".join(("the second build differs:", *sorted(first ^ second))))
    print("the second build is equal", file=sys.stderr)


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=ROOT / "dist", help="Directory of the artefacts.")
@click.option("--twice", is_flag=True, help="Build a second time, and fail if the artefacts differ.")
def main(output: Path, twice: bool) -> None:
    """Build all artefacts."""
    os.umask(0o022)
    if is_modified():
        print("note: the artefacts contain uncommitted changes", file=sys.stderr)
    try:
        build_artefacts(output.resolve())
        if twice:
            compare_with_second_build(output.resolve())
    except RuntimeError as error:
        sys.exit(f"make dist: {error}")
    print((output / CHECKSUM_FILE).read_text(encoding="ascii"), end="")


if __name__ == "__main__":
    main()
