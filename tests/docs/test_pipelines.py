"""The jobs for GitHub and GitLab in docs/guide/ci.md: their lines are run as the runners run them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs import sessions
from tests.docs.conftest import ROOT, Shell
from tests.support.etcd_server import Etcd

SECTION = sessions.sections((ROOT / "docs" / "guide" / "ci.md").read_text(encoding="utf-8"))["Pipelines"]
FILES = {block.file: block.text for block in sessions.blocks(SECTION)}
POLICY = "/calico/resources/v3/projectcalico.org/globalnetworkpolicies/"


def _github() -> Iterator[str]:
    """Each step is a script of its own, run by `bash -e`."""
    content: Any = yaml.safe_load(FILES["github-policy.yml"])
    for step in content["jobs"]["policy"]["steps"]:
        if "run" in step:
            yield step["run"]


def _gitlab() -> Iterator[str]:
    """The lines of a job are one script, in which the first failure is the end."""
    content: Any = yaml.safe_load(FILES["gitlab-ci.yml"])
    for stage in content["stages"]:
        yield "\n".join(content[stage]["script"])


JOBS: dict[str, Callable[[], Iterator[str]]] = {"github": _github, "gitlab": _gitlab}
EVERY_JOB = pytest.mark.parametrize("job", JOBS)


@pytest.fixture
def policies(shell: Shell) -> Path:
    folder = shell.folder / "policies"
    folder.mkdir()
    for name in ("profiles.yaml", "policies.yaml"):
        shutil.copy(ROOT / "examples" / "policies-by-label" / name, folder)
    # About all that lies beside it, not about two files by name.
    test = (ROOT / "examples" / "policies-by-label" / "policy-test.yaml").read_text()
    (folder / "policy-test.yaml").write_text(re.sub(r"  manifests: .*\n", "", test))
    return folder


def run(job: str, shell: Shell) -> tuple[int, str, str]:
    """Run the scripts of a job until one fails: its exit code, the script, and all that was printed."""
    printed, script = "", ""
    for script in JOBS[job]():
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=shell.folder,
            env=dict(shell.environment),
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
    code, _, printed = run(job, shell)
    assert code == 0, printed
    assert "\n4 created\n" in printed
    assert "skipped 1 policy test" in printed
    assert store.get(f"{POLICY}frontend")

    (policies / "policies.yaml").write_text((policies / "policies.yaml").read_text().replace("order: 0", "order: 5"))
    (policies / "extra.yaml").write_text(
        "{apiVersion: v1, kind: policy, metadata: {name: extra}, spec: {selector: has(extra)}}"
    )
    assert run(job, shell)[0] == 0
    (policies / "extra.yaml").unlink()
    code, _, printed = run(job, shell)
    assert (code, "policy/extra pruned" in printed) == (0, True)


@EVERY_JOB
def test_an_invalid_manifest_fails_the_pipeline(store: Etcd, shell: Shell, policies: Path, job: str) -> None:
    (policies / "wrong.yaml").write_text("{apiVersion: v1, kind: policy, metadata: {name: wrong}, spec: {ordr: 1}}")
    code, script, _ = run(job, shell)
    assert (code, "validate" in script, store.keys()) == (3, True, [])


@EVERY_JOB
@pytest.mark.parametrize(
    "spec",
    [
        "{order: -1, selector: role == 'database', ingress: [{action: allow}]}",
        "{order: -1, selector: role == 'database', ingress: [{action: deny}]}",
    ],
    ids=["opens", "cuts"],
)
def test_gained_or_lost_traffic_fails_the_pipeline(
    store: Etcd, shell: Shell, policies: Path, job: str, spec: str
) -> None:
    (policies / "more.yaml").write_text(f"{{apiVersion: v1, kind: policy, metadata: {{name: more}}, spec: {spec}}}")
    code, script, _ = run(job, shell)
    assert (code, "calicoctl test" in script, store.keys()) == (1, True, [])


@EVERY_JOB
def test_an_etcd_that_is_down_stops_it(shell: Shell, policies: Path, job: str) -> None:
    down = shell._replace(environment={**shell.environment, "ETCD_ENDPOINTS": "http://127.0.0.1:1"})
    code, script, printed = run(job, down)
    assert (code != 0, "diff" in script, "can't reach the datastore" in printed) == (True, True, True)
