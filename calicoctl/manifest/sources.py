"""Sources of manifests: files, directories and standard input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from calicoctl.bounded_read import read_argument
from calicoctl.errors import Position, Problem
from calicoctl.findings import UNREADABLE
from calicoctl.manifest.text_decoder import DecodingError, decode_text

MANIFEST_SUFFIXES = (".yaml", ".yml", ".json")


class Source(NamedTuple):
    """Text of a manifest, with its name in positions: the path, or `-` for standard input."""

    name: str
    text: str
    line_offset: int = 0
    """Number of lines of the manifest before the text, if the text is a piece of it."""

    def position(self, line: int, column: int) -> Position:
        """Return the position of a line and a column of the text, counted from 0."""
        return Position(self.name, self.line_offset + line + 1, column + 1)


@lru_cache(maxsize=1)
def split_lines(text: str) -> list[str]:
    """Return the lines of a source; the last result is cached."""
    return text.splitlines()


def read_sources(paths: Iterable[str], *, recursive: bool = False) -> tuple[list[Source], list[Problem]]:
    """Read files, `-` (standard input), and the manifests of directories in the order of their names.

    Returns:
        The sources, and a problem for each unreadable path.
    """
    sources: list[Source] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            files = list(_manifest_files(path, recursive=recursive))
            if not files:
                names = ", ".join(f"*{suffix}" for suffix in MANIFEST_SUFFIXES)
                hint = "" if recursive or not skipped_directories([path]) else " (-R reads its subdirectories)"
                problems.append(_unreadable_problem(Position(path), f"no {names} in this directory{hint}"))
        except OSError as error:
            problems.append(_unreadable_problem(Position(error.filename or path), f"can't be read: {error.strerror}"))
            continue
        for file in files:
            try:
                sources.append(_read_source(file))
            except OSError as error:
                problems.append(_unreadable_problem(Position(file), f"can't be read: {error.strerror}"))
            except DecodingError as error:
                problems.append(error.problem)
    return sources, problems


def skipped_directories(paths: Iterable[str]) -> list[str]:
    """Return the subdirectories with manifests that `read_sources` reads only if it is recursive.

    Hidden ones are omitted: tools keep their own files there.
    """
    paths = list(paths)
    named = set(map(os.path.realpath, paths))
    return [
        str(directory)
        for path in paths
        for directory in _subdirectories(path)
        if os.path.realpath(directory) not in named and any(map(_is_manifest, directory.rglob("*")))
    ]


def _subdirectories(path: str) -> list[Path]:
    """Return the subdirectories of a directory; none for other and unreadable paths."""
    try:
        entries = sorted(Path(path).iterdir()) if path != "-" and Path(path).is_dir() else []
    except OSError:
        return []
    # As in `rglob`, symbolic links to directories are not followed.
    return [each for each in entries if each.is_dir() and not each.is_symlink() and not each.name.startswith(".")]


def skipped_files(paths: Iterable[str], *, recursive: bool) -> list[str]:
    """Return the manifests in subdirectories that `read_sources` does not read, and behind links to directories."""
    paths = list(paths)
    read = {os.path.realpath(file) for path in paths for file in _manifest_files(path, recursive=recursive)}
    directories = [*paths, *(str(link) for path in paths for link in _linked_directories(path))]
    files = dict.fromkeys(file for directory in directories for file in _manifest_files(directory, recursive=True))
    return [file for file in files if os.path.realpath(file) not in read]


def _linked_directories(path: str) -> list[Path]:
    """Return the symbolic links to directories in a directory, at any depth. They are not followed further."""
    if path == "-":
        return []
    return sorted(each for each in Path(path).rglob("*") if each.is_symlink() and each.is_dir())


def _is_manifest(path: Path) -> bool:
    return path.suffix in MANIFEST_SUFFIXES and not path.is_dir()


def _unreadable_problem(position: Position, message: str) -> Problem:
    return Problem(position, message=message, code=UNREADABLE)


def _manifest_files(path: str, *, recursive: bool) -> Iterator[str]:
    directory = Path(path)
    if path == "-" or not directory.is_dir():
        yield path
        return
    for entry in sorted(directory.rglob("*") if recursive else directory.iterdir()):
        if _is_manifest(entry):
            yield str(entry)


def _read_source(path: str) -> Source:
    return Source(path, decode_text(read_argument(path), path))
