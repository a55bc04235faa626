"""Checksums of the artefacts, in the format of sha256sum."""

from __future__ import annotations

import hashlib
from pathlib import Path

CHECKSUM_FILE = "SHA256SUMS"


def write_checksums(directory: Path) -> None:
    """Write the SHA-256 checksums of all files in a directory."""
    files = sorted(path for path in directory.iterdir() if path.is_file() and path.name != CHECKSUM_FILE)
    lines = [f"{_hash(path)}  {path.name}\n" for path in files]
    (directory / CHECKSUM_FILE).write_text("".join(lines), encoding="ascii")


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
