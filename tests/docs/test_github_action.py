"""The GitHub action of docs/guide/ci.md: its steps are run as the runner runs them, with a real etcd."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.docs import sessions
from tests.docs.conftest import ROOT, Shell, write_policy
from tests.support.etcd_server import Etcd
from tests.support.github_action import ACTION, INSTALL, ActionRun, run_action
from tests.support.runner import Calicoctl
from tests.support.sarif import SARIF_VALIDATOR

SECTION = sessions.sections((ROOT / "docs" / "guide" / "ci.md").read_text(encoding="utf-8"))["GitHub action"]
(EXAMPLE,) = (yaml.safe_load(block.text) for block in sessions.blocks(SECTION) if block.language == "yaml")
INPUTS: dict[str, str] = EXAMPLE["jobs"]["policy"]["steps"][-1]["with"]
TEST, DIFF = "Test the policy", "Show the changes of traffic"


def run(shell: Shell, *, only: str = "", **inputs: str) -> ActionRun:
    """Run the steps, or `only` one, with the inputs of the example and others."""
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    skipped = [step["name"] for step in ACTION["runs"]["steps"] if only and step["name"] != only]
    return run_action(shell.folder, shell.environment, {**INPUTS, **given}, skipped=(INSTALL, *skipped))


def uploaded_rules(result: ActionRun) -> dict[str, list[str]]:
    """The rules of the findings of each uploaded report."""
    rules = {}
    for path in result.uploads:
        log = json.loads(path.read_text())
        SARIF_VALIDATOR.validate(log)
        rules[path.name] = [each["ruleId"] for each in log["runs"][0]["results"]]
    return rules


def test_valid_manifests_pass_without_a_datastore(shell: Shell, policies: Path) -> None:
    odd = "my policies; $(touch hacked)"
    policies.rename(policies.with_name(odd))
    without_etcd = {name: value for name, value in shell.environment.items() if name != "ETCD_ENDPOINTS"}
    result = run(shell._replace(environment=without_etcd), path=odd)
    assert not result.failed, result.printed
    assert result.outcomes[DIFF] == result.outcomes[TEST] == "skipped"
    assert uploaded_rules(result) == {"validate.sarif": [], "lint.sarif": []}
    valid = "4 resources and 1 policy test in 3 files are valid"
    assert f"### calicoctl validate\n\n```text\n{valid}\n```\n\n### calicoctl lint\n" in result.summary
    assert result.output("changed") == ""
    assert not list(shell.folder.rglob("hacked"))


def test_an_invalid_manifest_is_annotated_uploaded_and_in_the_summary(shell: Shell, policies: Path) -> None:
    write_policy(policies, "wrong", "{ordr: 1}")
    result = run(shell)
    assert result.outcomes["Validate the manifests"] == "failure"
    assert result.outcomes["Report suspicious policy"] == "skipped"
    assert "::error file=policies/wrong.yaml,line=1," in result.printed
    assert uploaded_rules(result) == {"validate.sarif": ["schema"]}
    assert "policies/wrong.yaml:1:" in result.summary


@pytest.mark.parametrize(("fail_on", "failed"), [("warning", True), ("error", False)])
def test_findings_of_lint_fail_by_severity(shell: Shell, policies: Path, fail_on: str, failed: bool) -> None:
    write_policy(policies, "unused", "{selector: role == 'nobody', ingress: [{action: allow}]}")
    result = run(shell, only="Report suspicious policy", fail_on=fail_on)
    assert result.failed == failed
    assert "::warning file=policies/unused.yaml," in result.printed
    assert "warning: policies/unused.yaml:1:" in result.summary
    rules = json.loads((result.temporary / "calicoctl-reports" / "lint.sarif").read_text())["runs"][0]["results"]
    assert {each["ruleId"] for each in rules} == {"CAL008"}


def test_failed_policy_tests_fail(shell: Shell, policies: Path) -> None:
    assert not run(shell, only=TEST, tests="policies").failed
    write_policy(policies, "more", "{order: -1, selector: role == 'database', ingress: [{action: allow}]}")
    result = run(shell, only=TEST, tests="policies")
    assert result.outcomes[TEST] == "failure"
    assert "::error file=policies/policy-test.yaml," in result.printed


def test_changes_of_traffic_are_in_the_summary_and_gained_traffic_can_fail(
    store: Etcd, shell: Shell, policies: Path, calicoctl: Calicoctl
) -> None:
    inputs = {"only": DIFF, "endpoints": store.endpoint, "set": "policies"}
    assert calicoctl("apply", "-f", str(policies), "--set", "policies").exit_code == 0
    same = run(shell, **inputs, fail_on_gained_traffic="true")
    assert (same.failed, same.output("changed")) == (False, "false")
    (policies / "policies.yaml").write_text((policies / "policies.yaml").read_text().replace("- 3306", "- 3306:3307"))
    revision = store.revision()
    gained = run(shell, **inputs)
    assert (gained.failed, gained.output("changed")) == (False, "true")
    assert "### calicoctl diff\n" in gained.summary
    assert "| gained | " in gained.summary
    assert "::warning file=policies/policies.yaml,line=" in gained.printed
    assert run(shell, **inputs, fail_on_gained_traffic="true").outcomes[DIFF] == "failure"
    assert store.revision() == revision


def test_an_etcd_that_is_down_fails(shell: Shell, policies: Path) -> None:
    result = run(shell, only=DIFF, endpoints="http://127.0.0.1:1")
    assert result.outcomes[DIFF] == "failure"
    assert "can't reach the datastore" in result.printed


def test_the_action_is_a_composite_action_without_expressions_in_scripts() -> None:
    assert ACTION["runs"]["using"] == "composite"
    steps = ACTION["runs"]["steps"]
    assert (steps[0]["name"], "pip" in steps[0]["run"]) == (INSTALL, True)
    assert [step["name"] for step in steps if "${{" in step.get("run", "")] == []
    assert all({"name", "run", "shell"} <= step.keys() or {"name", "uses", "with"} <= step.keys() for step in steps)
    assert all(each["description"].endswith(".") and "default" in each for each in ACTION["inputs"].values())
