"""The GitLab template of docs/guide/ci.md: its jobs are run as the runner runs them, with a real etcd."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as Xml

import pytest
import yaml

from tests.docs import sessions
from tests.docs.conftest import ROOT, Shell, write_policy
from tests.support.etcd_server import Etcd

FILE = ".gitlab/calicoctl.gitlab-ci.yml"
TEMPLATE: dict[str, Any] = yaml.safe_load((ROOT / FILE).read_text(encoding="utf-8"))
SECTION = sessions.sections((ROOT / "docs" / "guide" / "ci.md").read_text(encoding="utf-8"))["GitLab template"]
(EXAMPLE,) = (yaml.safe_load(block.text) for block in sessions.blocks(SECTION) if block.language == "yaml")
JOBS = {name: job for name, job in TEMPLATE.items() if name.startswith("calicoctl-")}


class JobRun(NamedTuple):
    """The result of a job, and its reports by type."""

    exit_code: int
    printed: str
    reports: dict[str, str]


def run(job: str, shell: Shell, **variables: str) -> JobRun:
    """Run the script of a job without the installation."""
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(JOBS[job]["script"])],
        cwd=shell.folder,
        env={**shell.environment, **{name: each["value"] for name, each in TEMPLATE["variables"].items()}, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    reports = JOBS[job].get("artifacts", {"reports": {}})["reports"]
    return JobRun(
        done.returncode,
        done.stdout,
        {kind: path.read_text() for kind, file in reports.items() if (path := shell.folder / file).exists()},
    )


def test_valid_manifests_pass_every_job(store: Etcd, shell: Shell, policies: Path) -> None:
    """The name of the set is not valid: an error of diff fails, unlike changes."""
    for job in JOBS:
        result = run(job, shell, CALICOCTL_TESTS="policies", CALICOCTL_ENDPOINTS=store.endpoint, CALICOCTL_SET="a b")
        assert bool(result.exit_code) == (job == "calicoctl-diff"), result.printed
        assert "failure" not in result.reports.get("junit", "").replace("failures=", "")
        assert json.loads(result.reports.get("codequality", "[]")) == []
    result = run("calicoctl-diff", shell, CALICOCTL_ENDPOINTS=store.endpoint, CALICOCTL_SET="policies")
    assert (result.exit_code, "gained" in result.printed, store.keys()) == (0, True, [])


@pytest.mark.parametrize(
    ("job", "spec", "exit_code", "check"),
    [
        ("calicoctl-validate", "{ordr: 1}", 3, "schema"),
        ("calicoctl-lint", "{selector: role == 'nobody', ingress: [{action: allow}]}", 1, "CAL008"),
        ("calicoctl-test", "{order: -1, selector: role == 'database', ingress: [{action: allow}]}", 1, ""),
    ],
)
def test_findings_fail_and_are_reported(
    shell: Shell, policies: Path, job: str, spec: str, exit_code: int, check: str
) -> None:
    write_policy(policies, "wrong", spec)
    result = run(job, shell, CALICOCTL_TESTS="policies")
    assert result.exit_code == exit_code, result.printed
    assert int(Xml.fromstring(result.reports["junit"]).get("failures", 0)) > 0
    if check:
        issues = json.loads(result.reports["codequality"])
        assert [(each["check_name"], each["location"]["path"]) for each in issues] == [(check, "policies/wrong.yaml")]


@pytest.mark.parametrize("job", ["calicoctl-validate", "calicoctl-lint"])
def test_manifests_in_the_whole_project(shell: Shell, policies: Path, job: str) -> None:
    """The reports are written into the project, and not read as manifests."""
    for _ in range(2):
        result = run(job, shell, CALICOCTL_PATH=".")
        assert result.exit_code == 0, result.printed
        assert result.reports.keys() == {"junit", "codequality"}
    assert "CI_PROJECT_DIR" not in str(TEMPLATE[".calicoctl"]["before_script"])


@pytest.mark.parametrize("job", ["calicoctl-lint", "calicoctl-test"])
def test_no_empty_report_of_an_error(shell: Shell, policies: Path, job: str) -> None:
    (policies / "wrong.yaml").write_text("kind: [")
    result = run(job, shell, CALICOCTL_TESTS="policies")
    assert result.exit_code != 0
    assert (result.reports, "wrong.yaml:" in result.printed) == ({}, True)


def test_the_example_includes_the_template_and_sets_its_variables() -> None:
    (include,) = EXAMPLE["include"]
    assert include["file"] == FILE
    assert EXAMPLE["variables"].keys() <= TEMPLATE["variables"].keys()
    assert {name for name, each in TEMPLATE["variables"].items() if not each["description"].endswith(".")} == set()


def test_every_job_installs_calicoctl_and_has_rules() -> None:
    assert "$CALICOCTL_SOURCE" in TEMPLATE[".calicoctl"]["before_script"][2]
    assert {job["extends"] for job in JOBS.values()} == {".calicoctl"}
    assert all("merge_request_event" in str((TEMPLATE[".calicoctl"] | job)["rules"]) for job in JOBS.values())
