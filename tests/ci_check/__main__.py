"""Runs the hooks with pre-commit, and the GitHub action and the GitLab jobs with their installation: `make ci-check`.

All install calicoctl from a clone of this checkout, as committed. PyPI must be reachable.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tests.docs import sessions
from tests.support.etcd_server import running_etcd
from tests.support.example_directory import copy_example
from tests.support.github_action import run_action

ROOT = Path(__file__).parents[2]
PAGE = sessions.sections((ROOT / "docs" / "guide" / "ci.md").read_text(encoding="utf-8"))
WRONG = "{apiVersion: v1, kind: policy, metadata: {name: wrong}, spec: {ordr: 1}}\n"


def example(section: str) -> Any:
    """Return the smallest working file of a section of docs/guide/ci.md."""
    first = next(block for block in sessions.blocks(PAGE[section]) if block.language == "yaml")
    return yaml.safe_load(first.text)


def call(*command: str, folder: Path, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a program and return its exit code and its output."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def expect(holds: object, what: str, printed: str) -> None:
    """Report a result, and end after an unexpected one."""
    print(f"{'ok' if holds else 'FAILED'}: {what}", flush=True)  # noqa: T201
    if not holds:
        sys.exit(printed)


def make_repository(folder: Path) -> None:
    """Make a Git repository with manifests in `policies`."""
    copy_example(folder / "policies")
    call("git", "init", "--quiet", folder=folder)
    call("git", "add", "--all", folder=folder)


def check_pre_commit(clone: Path, repository: Path) -> None:
    """Run all hooks for valid and invalid manifests, and a commit with an invalid one."""
    config = example("pre-commit")
    _, revision = call("git", "rev-parse", "HEAD", folder=clone)
    config["repos"][0] |= {"repo": str(clone), "rev": revision.strip()}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    program = str(Path(sys.executable).with_name("pre-commit"))
    environment = {"PRE_COMMIT_HOME": str(repository.parent / "pre-commit")}
    code, printed = call(program, "run", "--all-files", folder=repository, environment=environment)
    expect((code, printed.count("Passed")) == (0, 3), "pre-commit: valid manifests pass every hook", printed)
    (repository / "policies" / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    call("git", "add", "policies", folder=repository)
    call(program, "install", folder=repository, environment=environment)
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    code, printed = call("git", *identity, "commit", "-m", "wrong", folder=repository, environment=environment)
    found = "policies/wrong.yaml:1:" in printed and "unknown field 'ordr'" in printed
    expect(code and found, "pre-commit: a commit with an invalid manifest fails", printed)
    (repository / "policies" / "wrong.yaml").unlink()


def check_github_action(clone: Path, repository: Path, endpoint: str) -> None:
    """Run all steps of the action, with the installation."""
    inputs = example("GitHub action")["jobs"]["policy"]["steps"][-1]["with"]
    options = {**inputs, "endpoints": endpoint, "tests": "policies"}
    result = run_action(repository, os.environ, options, skipped=(), action_path=clone)
    expect(set(result.outcomes.values()) == {"success"}, "GitHub action: every step succeeds", result.printed)
    expect(result.output("changed") == "true" and "| gained |" in result.summary, "GitHub action: summary", "")


def check_gitlab_template(clone: Path, repository: Path, endpoint: str) -> None:
    """Run the jobs of the template, the first one with the installation."""
    template = yaml.safe_load((clone / ".gitlab" / "calicoctl.gitlab-ci.yml").read_text(encoding="utf-8"))
    variables = {name: each["value"] for name, each in template["variables"].items()}
    variables |= {"CALICOCTL_SOURCE": f"git+file://{clone}", "CALICOCTL_TESTS": "policies"}
    variables["CALICOCTL_ENDPOINTS"] = endpoint
    for name, job in template.items():
        if name.startswith("calicoctl-"):
            script = "\n".join((*template[".calicoctl"]["before_script"], *job["script"]))
            command = ("bash", "-eo", "pipefail", "-c", script)
            code, printed = call(*command, folder=repository, environment=variables)
            expect(code == 0, f"GitLab template: {name}", printed)


def run() -> None:
    """Run all checks in a temporary directory."""
    with tempfile.TemporaryDirectory() as name, running_etcd(Path(name)) as etcd:
        folder = Path(name)
        clone, repository = folder / "calicoctl", folder / "repository" / "checkout"
        call("git", "clone", "--quiet", str(ROOT), str(clone), folder=folder)
        make_repository(repository)
        check_pre_commit(clone, repository)
        check_github_action(clone, repository, etcd.endpoint)
        check_gitlab_template(clone, repository, etcd.endpoint)


if __name__ == "__main__":
    run()
