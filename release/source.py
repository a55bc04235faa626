"""Source of a release: the files of the checkout under version control, with fixed times and modes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from release.context import ROOT
from release.programs import run


def commit_time() -> int:
    """Return SOURCE_DATE_EPOCH if it is set, else the time of the commit, in seconds.

    Raises:
        RuntimeError: the directory is not a checkout.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or run("git", "-C", ROOT, "log", "-1", "--format=%ct"))


def is_modified() -> bool:
    """Return whether the checkout has uncommitted changes."""
    return bool(run("git", "-C", ROOT, "status", "--porcelain"))


def export_source(directory: Path, epoch: int) -> None:
    """Copy the files of the checkout, with uncommitted changes and without ignored files.

    Args:
        directory: the new directory.
        epoch: time of the copies, in seconds.
    """
    names = run("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in sorted(filter(None, names)):
        original = ROOT / name
        if original.is_file():  # not deleted in the checkout
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(original, directory / name)
            (directory / name).chmod(0o755 if os.access(original, os.X_OK) else 0o644)
    set_times(directory, epoch)


def set_times(directory: Path, epoch: int) -> None:
    """Set the time of a directory and everything in it, in seconds."""
    for path in (*directory.rglob("*"), directory):
        os.utime(path, (epoch, epoch), follow_symlinks=False)
