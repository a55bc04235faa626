"""Paths that are not files, in every option and argument that names one: refused soon, in one line with the cause."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from calicoctl import bounded_read
from tests.support.etcd_server import Etcd
from tests.support.runner import Calicoctl

USES = (
    *("validate -f", "apply -f", "diff -f", "plan -f", "lint -f", "trace --from a --to b -f", "convert --to v3 -f"),
    *("test", "import", "diff --semantic datastore", "apply --plan", "plan --show", "get profile --config"),
    *("doctor --config", "config get-contexts --config"),
)
"""Commands to which a path is added."""
PEM_VARIABLES = ("ETCD_CA_CERT_FILE", "ETCD_CERT_FILE", "ETCD_KEY_FILE")


@pytest.fixture
def odd_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Path and expected reason."""
    monkeypatch.setattr(bounded_read, "_WRITER_SECONDS", 0.05)
    monkeypatch.setattr(bounded_read, "_MAX_ARGUMENT_BYTES", 2**22)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 2**40)
    reasons = {"pipe": "no program wrote to this pipe", "sparse": "larger than ", "missing": "o such file"}
    return {"/dev/zero": "larger than ", **{str(tmp_path / name): reason for name, reason in reasons.items()}}


@pytest.mark.parametrize("use", USES)
def test_a_path_that_does_not_end(store: Etcd, calicoctl: Calicoctl, odd_paths: dict[str, str], use: str) -> None:
    for path, reason in odd_paths.items():
        started = time.monotonic()
        result = calicoctl(*use.split(), path)
        shown = result.stdout if use.startswith(("doctor", "validate")) else result.stderr
        assert result.exit_code in {2, 3}, (path, result)
        assert (path in shown.splitlines()[0], reason in shown.splitlines()[0]) == (True, True), result
        assert time.monotonic() - started < 5


def test_certificates_that_are_not_files(
    calicoctl: Calicoctl, clean_environment: None, odd_paths: dict[str, str]
) -> None:
    for path in odd_paths:
        result = calicoctl(
            "get", "profile", env={"ETCD_ENDPOINTS": "https://127.0.0.1:1", **dict.fromkeys(PEM_VARIABLES, path)}
        )
        assert result.exit_code == 2
        assert {line.partition(":")[0] for line in result.stderr.splitlines()} == set(PEM_VARIABLES)


def test_a_directory_where_a_file_is_expected(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    for use in ("apply --plan", "plan --show", "get profile --config", "config get-contexts --config"):
        result = calicoctl(*use.split(), str(tmp_path))
        assert (result.exit_code in {2, 3}, "is a directory" in result.stderr) == (True, True), result
