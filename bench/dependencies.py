"""Weight of the dependencies: licence, installed size and CPU time of the import."""

from __future__ import annotations

import re
import statistics
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from bench.process import run

MODULES: Mapping[str, str] = {
    "click": "click",
    "grpcio": "grpc",
    "jsonschema": "jsonschema",
    "jsonschema-rs": "jsonschema_rs",
    "lark": "lark",
    "protobuf": "google.protobuf.symbol_database",
    "python3-etcd3": "etcd3",
    "pyyaml": "yaml",
    "tabulate": "tabulate",
}
"""The module that calicoctl imports from each of its dependencies."""
_LICENCES = {"3-Clause BSD License": "BSD-3-Clause"}
"""SPDX identifiers of other texts in metadata."""
_KIBIBYTE = 1024


def required_packages(name: str) -> set[str]:
    """Return the normal names of the packages that a package requires without extras, also indirectly."""
    found: set[str] = set()
    pending = [name]
    while pending:
        new = {*directly_required(pending.pop())} - found
        found |= new
        pending += new
    return found


def directly_required(name: str) -> Iterator[str]:
    """Yield the normal names of the installed packages that a package requires without extras."""
    for text in metadata.requires(name) or []:
        requirement, _, marker = text.partition(";")
        match = re.match(r"[\w.-]+", requirement)
        if match and "extra" not in marker and is_installed(match[0]):
            yield normal_name(match[0])


def normal_name(name: str) -> str:
    """Return the name of a package as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_installed(name: str) -> bool:
    """Return whether a package is installed: markers exclude some on this system."""
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def licence(name: str) -> str:
    """Return the licence in the metadata of a package."""
    values = metadata.metadata(name)
    text = values["License-Expression"] or values["License"] or ""
    return _LICENCES.get(text, text)


def installed_kibibytes(name: str) -> int:
    """Return the size of the files of a package, without cached bytecode."""
    files = [Path(str(each.locate())) for each in metadata.files(name) or []]
    return sum(path.stat().st_size for path in files if path.is_file() and path.suffix != ".pyc") // _KIBIBYTE


def measure(rounds: int) -> Iterator[tuple[str, ...]]:
    """Yield the heading and a row for each package. Import times are medians, without that of the bare interpreter."""
    yield ("package", "version", "licence", "KiB", "import, CPU ms")
    modules = {"": "sys", **MODULES}
    commands = {name: (sys.executable, "-c", f"import {module}") for name, module in modules.items()}
    cpu: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():  # fills the file cache
        run(command)
    for _ in range(rounds):
        for name, command in commands.items():
            cpu[name].append(run(command).cpu)
    bare = statistics.median(cpu.pop(""))
    yield ("(bare interpreter)", "", "", "", f"{bare * 1000:.0f}")
    for name in sorted({*map(normal_name, required_packages("calicoctl")), *MODULES}):
        imported = f"{(statistics.median(cpu[name]) - bare) * 1000:.0f}" if name in cpu else "-"
        yield (name, metadata.version(name), licence(name), str(installed_kibibytes(name)), imported)
