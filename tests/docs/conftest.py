"""A shell for the documents: an empty folder with the examples, and calicoctl and etcdctl on its PATH."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.etcd_server import Etcd, program
from tests.support.example_directory import copy_example

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)
"""Every page of the documentation."""
GUIDE = [path for path in PAGES if path.parent.name not in {"reference", "lint"}]
"""The pages that are written by hand."""


class Shell(NamedTuple):
    """Where a shell runs, and its environment."""

    folder: Path
    environment: Mapping[str, str]


def put_calicoctl(folder: Path) -> None:
    """Make a command `calicoctl` that is the one of this checkout."""
    folder.mkdir(parents=True)
    command = folder / "calicoctl"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m calicoctl "$@"\n', encoding="utf-8")
    command.chmod(0o755)


@pytest.fixture
def shell(store: Etcd, tmp_path: Path) -> Shell:
    """A shell that is connected to an empty store."""
    put_calicoctl(tmp_path / "bin")
    (tmp_path / "bin" / "etcdctl").symlink_to(program("etcdctl"))
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "examples").symlink_to(ROOT / "examples")
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return Shell(folder, {**os.environ, "PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8"})


@pytest.fixture
def policies(shell: Shell) -> Path:
    """A directory of the shell with profiles, policies and a policy test of them."""
    folder = shell.folder / "policies"
    copy_example(folder)
    return folder


def write_policy(folder: Path, name: str, spec: str) -> Path:
    """Write a manifest with a policy."""
    file = folder / f"{name}.yaml"
    file.write_text(f"{{apiVersion: v1, kind: policy, metadata: {{name: {name}}}, spec: {spec}}}")
    return file
