"""Manifests that a file, a directory or a pattern in a policy test matches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from calicoctl.manifest.sources import MANIFEST_SUFFIXES

_PATTERN_CHARACTERS = frozenset("*?[")


def is_pattern(text: str) -> bool:
    """Whether a text is a glob pattern."""
    return bool(_PATTERN_CHARACTERS & set(text))


def matching_manifests(directory: str, text: str) -> Iterator[str]:
    """Yield the manifests of a pattern, a file or a directory, sorted by name."""
    path = os.path.join(directory, os.path.expanduser(text))  # noqa: PTH111, PTH118 - keep the path as written
    if is_pattern(text):
        import glob

        paths = sorted(glob.glob(path, recursive=True))  # noqa: PTH207
        yield from (
            _simplify_path(each) for each in paths if each.endswith(MANIFEST_SUFFIXES) and not Path(each).is_dir()
        )
    elif Path(path).is_dir():
        yield from directory_manifests(path)
    elif Path(path).exists():
        yield _simplify_path(path)


def directory_manifests(directory: str) -> list[str]:
    """Return the files that `-f DIRECTORY` would read."""
    entries = sorted(Path(directory or ".").iterdir())
    return [_simplify_path(str(entry)) for entry in entries if entry.suffix in MANIFEST_SUFFIXES and not entry.is_dir()]


def _simplify_path(path: str) -> str:
    """Normalize a path such as `tests/../x`, unless a symbolic link makes that another file."""
    short = os.path.normpath(path)
    try:
        return short if os.path.samefile(path, short) else path  # noqa: PTH121
    except OSError:
        return path
