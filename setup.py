"""Adds the manual pages to wheel and sdist; everything else is in setup.cfg.

They are generated from the help of the commands when the package is built, and never committed. An sdist carries them.
"""

from __future__ import annotations

import gzip
import os
import sys
import tarfile
from pathlib import Path

from setuptools import setup
from setuptools.command.install import install
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent


def write_manual_pages(directory: Path) -> list[Path]:
    """Generate the manual pages from this source tree."""
    sys.path.insert(0, str(ROOT))
    from docs.generators.manpages import write

    return write(directory)


def write_reproducible_archive(path: Path, directory: Path, epoch: int) -> None:
    """Write a compressed archive of a directory, with this time in seconds and without owners."""

    def fix(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mtime, member.uid, member.gid, member.uname, member.gname = epoch, 0, 0, "", ""
        return member

    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=epoch) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        archive.add(directory, filter=fix)


class InstallWithManualPages(install):  # type: ignore[misc,unused-ignore]
    """Installs the manual pages as data files: those of the sdist, or else new ones."""

    def run(self) -> None:
        """Find or write the manual pages first."""
        pages = sorted((ROOT / "man").glob("*.1")) or write_manual_pages(ROOT / "build" / "man")
        self.distribution.data_files = [("share/man/man1", [str(page.relative_to(ROOT)) for page in pages])]
        super().run()


class SdistWithManualPages(sdist):  # type: ignore[misc,unused-ignore]
    """Puts the manual pages into the sdist, in man/."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Write the manual pages beside the other files."""
        super().make_release_tree(base_dir, files)
        write_manual_pages(Path(base_dir) / "man")

    def make_archive(self, base_name: str, *args: object, **options: object) -> str:
        """Write the archive; with SOURCE_DATE_EPOCH, the same source results in the same bytes."""
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        if not epoch:
            return str(super().make_archive(base_name, *args, **options))
        write_reproducible_archive(Path(f"{base_name}.tar.gz"), Path(str(options["base_dir"])), int(epoch))
        return f"{base_name}.tar.gz"


setup(
    # Not empty, so that setuptools installs data files; run() sets the names.
    data_files=[("share/man/man1", [])],
    cmdclass={"install": InstallWithManualPages, "sdist": SdistWithManualPages},
)
