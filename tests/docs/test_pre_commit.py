"""The hooks for pre-commit: their commands with the arguments that it gives. `make ci-check` runs pre-commit itself."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs import sessions
from tests.docs.conftest import ROOT, Shell, write_policy
from tests.support.runner import Calicoctl, Result

HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
}
SECTION = sessions.sections((ROOT / "docs" / "guide" / "ci.md").read_text(encoding="utf-8"))["pre-commit"]
EXAMPLES = {block.file: yaml.safe_load(block.text) for block in sessions.blocks(SECTION) if block.language == "yaml"}


@pytest.fixture
def run(shell: Shell, calicoctl: Calicoctl, policies: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a hook with the options of a repository, for all files there."""
    monkeypatch.chdir(shell.folder)
    monkeypatch.setenv("ETCD_ENDPOINTS", "http://127.0.0.1:1")

    def run(hook_id: str, **options: Any) -> Result:
        hook = {"args": [], **HOOKS[hook_id], **options}
        names = [str(path.relative_to(shell.folder)) for path in sorted(shell.folder.rglob("*.yaml"))]
        matching = [name for name in names if re.search(hook["files"], name)]
        assert matching
        words = shlex.split(hook["entry"])
        assert words[0] == "calicoctl"
        return calicoctl(*words[1:], *hook["args"], *(matching if hook.get("pass_filenames", True) else ()))

    return run


@pytest.mark.parametrize("hook_id", HOOKS)
def test_valid_manifests_pass(run: Any, hook_id: str) -> None:
    result = run(hook_id)
    assert result.exit_code == 0, result


@pytest.mark.parametrize(
    ("hook_id", "spec", "exit_code"),
    [
        ("calicoctl-validate", "{ordr: 1}", 3),
        ("calicoctl-lint", "{selector: role == 'nobody', ingress: [{action: allow}]}", 1),
        ("calicoctl-test", "{order: -1, selector: role == 'database', ingress: [{action: allow}]}", 1),
    ],
)
def test_findings_fail(run: Any, policies: Path, hook_id: str, spec: str, exit_code: int) -> None:
    write_policy(policies, "wrong", spec)
    assert run(hook_id).exit_code == exit_code


def test_a_repository_can_name_another_directory(run: Any, policies: Path) -> None:
    policies.rename(policies.with_name("network"))
    for hook in EXAMPLES["other-directory.yaml"]["repos"][0]["hooks"]:
        assert run(hook["id"], **hook).exit_code == 0


def test_the_smallest_example_has_every_hook() -> None:
    (repository,) = EXAMPLES["pre-commit-config.yaml"]["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == list(HOOKS)
    assert all(hook["language"] == "python" and hook["description"].endswith(".") for hook in HOOKS.values())
