"""Each directory of examples is a complete set: it applies as it stands, and nothing in it is suspicious."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from calicoctl.kinds import KINDS
from tests.docs.conftest import ROOT
from tests.support.etcd_server import Etcd
from tests.support.runner import Calicoctl

FOLDERS = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())
FILES = sorted((ROOT / "examples").rglob("*.yaml"))
TESTS = [path for path in FILES if path.stem == "policy-test"]
EVERY_FOLDER = pytest.mark.parametrize("folder", FOLDERS, ids=[path.name for path in FOLDERS])


def kinds_in(folder: Path) -> list[str]:
    """The kinds of the resources in a directory, without policy tests."""
    found = []
    for path in folder.glob("*.yaml"):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            found += [item["kind"] for item in (document if isinstance(document, list) else [document])]
    return [kind for kind in found if kind != "policyTest"]


def all_are(action: str, count: int, lines: Sequence[str]) -> bool:
    return lines[-1] == f"{count} {action}" and all(line.endswith(f" {action}") for line in lines)


@EVERY_FOLDER
def test_a_folder_applies_as_it_stands_and_is_unchanged_then(
    folder: Path, store: Etcd, calicoctl: Calicoctl, tmp_path: Path
) -> None:
    count = len(kinds_in(folder))
    created = calicoctl("apply", "-f", str(folder))
    assert created.exit_code == 0
    assert "warning" not in created.stderr
    assert all_are("created", count, created.stdout.splitlines())
    again = calicoctl("apply", "-f", str(folder))
    assert (again.exit_code, all_are("unchanged", count, again.stdout.splitlines())) == (0, True)

    printed = tmp_path / "printed.yaml"
    printed.write_text(calicoctl("get", "all", "-o", "yaml").stdout, encoding="utf-8")
    again = calicoctl("apply", "-f", str(printed))
    assert (again.exit_code, all_are("unchanged", count, again.stdout.splitlines())) == (0, True)


@EVERY_FOLDER
def test_a_folder_is_valid_and_lint_finds_nothing(folder: Path, calicoctl: Calicoctl) -> None:
    assert calicoctl("validate", "-f", str(folder)).exit_code == 0
    linted = calicoctl("lint", "-f", str(folder), "--fail-on", "note")
    assert (linted.exit_code, "CAL" in linted.stdout) == (0, False), linted.stdout


def test_the_extension_of_an_example_is_free_of_findings(calicoctl: Calicoctl) -> None:
    folders = [str(ROOT / "examples" / name) for name in ("policies-by-label", "multiple-networks")]
    linted = calicoctl("lint", "-f", folders[0], "-f", folders[1], "--fail-on", "note")
    assert (linted.exit_code, "CAL" in linted.stdout) == (0, False), linted.stdout


def test_there_is_an_example_of_every_kind() -> None:
    assert {kind for folder in FOLDERS for kind in kinds_in(folder)} == {kind.name for kind in KINDS}


@pytest.mark.parametrize("test", TESTS, ids=[path.parent.name for path in TESTS])
def test_a_policy_test_passes_and_covers_every_rule(test: Path, calicoctl: Calicoctl) -> None:
    result = calicoctl("test", str(test), "--coverage-min", "100")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith(" passed, 0 failed\n")


def test_every_example_begins_with_a_comment() -> None:
    silent = [path.name for path in FILES if not path.read_text(encoding="utf-8").startswith("# ")]
    assert silent == []


def test_every_folder_is_listed() -> None:
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[`([\w-]+)`\]\(\1\) \|", text, re.MULTILINE)
    assert sorted(listed) == [path.name for path in FOLDERS]
