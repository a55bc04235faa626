"""The jobs for GitHub and GitLab in docs/guide/ci.md: their lines are run as the runners run them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs import sessions
from tests.docs.conftest import ROOT, Shell, write_policy
from tests.support.etcd_server import Etcd

SECTION = sessions.sections((ROOT / "docs" / "guide" / "ci.md").read_text(encoding="utf-8"))["Pipelines"]
FILES = {block.file: block.text for block in sessions.blocks(SECTION)}
POLICY = "/calico/resources/v3/projectcalico.org/globalnetworkpolicies/"

REQUEST, LABELLED, MAIN, NIGHT = "pull request", "pull request with the label", "main", "schedule"
EVENTS = {
    "github.event_name == 'pull_request' && !contains(github.event.pull_request.labels.*.name, 'more traffic')": {
        REQUEST
    },
    "github.ref == 'refs/heads/main'": {MAIN},
    '$CI_PIPELINE_SOURCE == "merge_request_event"': {REQUEST, LABELLED},
    '$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_LABELS !~ /more traffic/': {REQUEST},
    '$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH': {MAIN},
    '$CI_PIPELINE_SOURCE == "schedule"': {NIGHT},
}
"""Conditions, and the events for which they are true."""


def _load(name: str) -> Any:
    return yaml.safe_load(FILES[name])


def _github(event: str) -> Iterator[str]:
    """Each step is a script of its own, run by `bash -e`. The jobs run in their order, which `needs` requires."""
    jobs = _load("github-drift.yml" if event == NIGHT else "github-policy.yml")["jobs"]
    needed = [job["needs"] for job in jobs.values() if "needs" in job]
    assert needed == list(jobs)[: len(needed)]
    for job in jobs.values():
        for step in job["steps"]:
            conditions = [part["if"] for part in (job, step) if "if" in part]
            if "run" in step and all(event in EVENTS[condition] for condition in conditions):
                yield step["run"]


def _gitlab(event: str) -> Iterator[str]:
    """The lines of a job are one script, in which the first failure is the end."""
    content = _load("gitlab-ci.yml")
    for stage in content["stages"]:
        for job in (job for name, job in content.items() if name != "stages" and job["stage"] == stage):
            if any(event in EVENTS[rule["if"]] for rule in job["rules"]):
                yield "\n".join(job["script"])


JOBS: dict[str, Callable[[str], Iterator[str]]] = {"github": _github, "gitlab": _gitlab}
EVERY_JOB = pytest.mark.parametrize("job", JOBS)


def run(job: str, event: str, shell: Shell, before_apply: Callable[[], object] = bool) -> tuple[int, str, str]:
    """Run the scripts of a job until one fails: its exit code, the script, and all that was printed."""
    printed, script = "", ""
    environment = {**shell.environment, "GITHUB_STEP_SUMMARY": str(shell.folder / "summary.md")}
    for script in JOBS[job](event):
        if "calicoctl apply" in script:
            before_apply()
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=shell.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        printed += done.stdout + done.stderr
        if done.returncode:
            return done.returncode, script, printed
    return 0, script, printed


@EVERY_JOB
def test_the_job_runs(store: Etcd, shell: Shell, policies: Path, job: str) -> None:
    code, _, printed = run(job, MAIN, shell)
    assert code == 0, printed
    assert "\n4 created\n" in printed
    assert "skipped 1 policy test" in printed
    assert store.get(f"{POLICY}frontend")

    (policies / "policies.yaml").write_text((policies / "policies.yaml").read_text().replace("order: 0", "order: 5"))
    extra = write_policy(policies, "extra", "{selector: has(extra)}")
    code, _, printed = run(job, NIGHT, shell)
    assert (code, "+++ policy/extra (" in printed) == (1, True)
    assert run(job, MAIN, shell)[0] == 0
    extra.unlink()
    code, _, printed = run(job, NIGHT, shell)
    assert (code, "-    name: extra" in printed) == (1, True)
    code, _, printed = run(job, MAIN, shell)
    assert (code, "policy/extra pruned" in printed) == (0, True)
    assert run(job, NIGHT, shell)[0] == 0


@EVERY_JOB
def test_a_plan_that_is_stale_is_not_applied(store: Etcd, shell: Shell, policies: Path, job: str) -> None:
    rival = "echo '{apiVersion: v1, kind: policy, metadata: {name: frontend}}' | calicoctl apply -f -"

    def interfere() -> None:
        subprocess.run(["bash", "-c", rival], env=shell.environment, check=True, capture_output=True)

    code, script, printed = run(job, MAIN, shell, interfere)
    assert (code, "--plan" in script, "the plan is stale" in printed) == (5, True, True)
    assert store.get(f"{POLICY}database") is None


@EVERY_JOB
def test_more_traffic_needs_a_review(store: Etcd, shell: Shell, policies: Path, job: str) -> None:
    assert run(job, MAIN, shell)[0] == 0
    for name, old, new in (("policies.yaml", "- 3306", "- 3306:3307"), ("policy-test.yaml", "[3306]", "['3306:3307']")):
        text = (policies / name).read_text()
        (policies / name).write_text(text.replace(old, new))
    revision = store.revision()
    code, script, printed = run(job, REQUEST, shell)
    assert (code, "--widening-only" in script, "tcp 3307" in printed) == (1, True, True)
    assert (job != "github") or "::warning file=policies/policies.yaml,line=" in printed
    code, _, printed = run(job, LABELLED, shell)
    assert (code, "policy/database configured" in printed, store.revision()) == (0, True, revision)
    assert (shell.folder / "change.plan").stat().st_mode & 0o777 == 0o600
    assert (job != "github") or "| gained | " in (shell.folder / "summary.md").read_text()


@EVERY_JOB
def test_an_invalid_manifest_fails_the_pipeline(store: Etcd, shell: Shell, policies: Path, job: str) -> None:
    write_policy(policies, "wrong", "{ordr: 1}")
    code, script, printed = run(job, REQUEST, shell)
    assert (code, "validate" in script, store.keys()) == (3, True, [])
    assert (job != "github") or "::error file=policies/wrong.yaml,line=1," in printed


@EVERY_JOB
@pytest.mark.parametrize("action", ["allow", "deny"])
def test_gained_or_lost_traffic_fails_the_pipeline(
    store: Etcd, shell: Shell, policies: Path, job: str, action: str
) -> None:
    write_policy(policies, "more", f"{{order: -1, selector: role == 'database', ingress: [{{action: {action}}}]}}")
    code, script, _ = run(job, REQUEST, shell)
    assert (code, "calicoctl test" in script, store.keys()) == (1, True, [])


@EVERY_JOB
def test_an_etcd_that_is_down_stops_it(shell: Shell, policies: Path, job: str) -> None:
    down = shell._replace(environment={**shell.environment, "ETCD_ENDPOINTS": "http://127.0.0.1:1"})
    code, script, printed = run(job, MAIN, down)
    assert (code != 0, "diff" in script, "can't reach the datastore" in printed) == (True, True, True)
