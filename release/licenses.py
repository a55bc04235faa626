"""Licences of the libraries in a directory, as text for the copyright file of the Debian package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

_COPYRIGHT_LINE = re.compile(r"^\W*(Copyright (?:\(c\)|\d).*)$", re.IGNORECASE | re.MULTILINE)
_LICENSE_NAME = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)


def library_licenses(directory: Path, installed: str) -> Iterator[str]:
    """Return a paragraph for each library: version, copyright, licence, and path of its text.

    Args:
        directory: a directory with installed libraries.
        installed: the path of this directory after the installation of the package.
    """
    for each in sorted(distributions(path=[str(directory)]), key=lambda each: each.name):
        if each.name != "calicoctl":
            yield "".join(f"{line}\n" for line in _paragraph(each, directory, installed))


def _paragraph(library: Distribution, directory: Path, installed: str) -> Iterator[str]:
    yield f"{library.name} {library.version}"
    yield f"License: {_license(library)}"
    files = [file for file in _files(directory, library) if _LICENSE_NAME.search(file.name)]
    found = {line.strip() for file in files for line in _COPYRIGHT_LINE.findall(file.read_text(encoding="utf-8"))}
    yield from sorted(found)
    for file in files:
        yield f"Text: {installed}/{file.relative_to(directory)}"


def _license(library: Distribution) -> str:
    metadata = library.metadata.json
    classifiers = [text.rpartition(" :: ")[2] for text in metadata.get("classifier", []) if "License" in text]
    text = metadata.get("license_expression") or metadata.get("license") or ", ".join(classifiers)
    return str(text).splitlines()[0]


def _files(directory: Path, library: Distribution) -> list[Path]:
    name = re.sub(r"\W", "_", library.name.lower())
    (information,) = (path for path in directory.glob("*.dist-info") if path.name.lower().startswith(f"{name}-"))
    return sorted(path for path in information.rglob("*") if path.is_file())
