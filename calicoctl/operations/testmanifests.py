"""The files that a policy test names: patterns, files and directories, from the directory that the test lies in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from calicoctl.manifest.sources import MANIFEST_SUFFIXES
from calicoctl.schema.policytest import PolicyTest

_PATTERN_CHARACTERS = frozenset("*?[")


def directory_of(test: PolicyTest) -> str:
    """The directory of a test, as its path was given; empty for the current one."""
    return os.path.dirname(test.document.source.name)  # noqa: PTH120 - a Path would make a dot of nothing


def manifests_in_directory(test: PolicyTest) -> list[str]:
    """The manifests in the directory of a test; standard input lies nowhere."""
    return [] if test.document.source.name == "-" else _directory_manifests(directory_of(test))


def is_pattern(text: str) -> bool:
    """Whether a text means the files that match it, rather than one."""
    return bool(_PATTERN_CHARACTERS & set(text))


def matching_manifests(directory: str, text: str) -> Iterator[str]:
    """The manifests that a pattern, a file or a directory means, in the order of their names."""
    path = os.path.join(directory, os.path.expanduser(text))  # noqa: PTH111, PTH118 - kept as it is written
    if is_pattern(text):
        import glob

        paths = sorted(glob.glob(path, recursive=True))  # noqa: PTH207
        yield from (
            _simplify_path(each) for each in paths if each.endswith(MANIFEST_SUFFIXES) and not Path(each).is_dir()
        )
    elif Path(path).is_dir():
        yield from _directory_manifests(path)
    elif Path(path).exists():
        yield _simplify_path(path)


def _directory_manifests(directory: str) -> list[str]:
    """What `-f DIRECTORY` would read."""
    entries = sorted(Path(directory or ".").iterdir())
    return [_simplify_path(str(entry)) for entry in entries if entry.suffix in MANIFEST_SUFFIXES and not entry.is_dir()]


def _simplify_path(path: str) -> str:
    """The path without detours such as `tests/../`, unless a link makes that another file."""
    short = os.path.normpath(path)
    try:
        return short if os.path.samefile(path, short) else path  # noqa: PTH121
    except OSError:
        return path
