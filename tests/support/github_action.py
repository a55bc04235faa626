"""Runs the steps of `action.yml` as the GitHub Actions runner does: bash, with files for outputs, summary and PATH."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
_STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
INSTALL = _STEPS[0]["name"]
_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
_FILES = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary.md", "GITHUB_PATH": "path"}


@dataclass
class ActionRun:
    """A run of the action in a folder with the manifests."""

    folder: Path
    """Workspace of the job."""
    environment: dict[str, str]
    inputs: dict[str, str]
    temporary: Path
    action_path: Path
    """Checkout of the action."""
    outcomes: dict[str, str] = field(default_factory=dict)
    """Outcome of each step by name: success, failure or skipped."""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    uploads: list[Path] = field(default_factory=list)
    """Files that steps of other actions upload."""
    printed: str = ""
    summary: str = ""

    @property
    def failed(self) -> bool:
        return "failure" in self.outcomes.values()

    def output(self, name: str) -> str:
        """Return an output of the action."""
        return self._expand(ACTION["outputs"][name]["value"])

    def run(self, skipped: Collection[str]) -> None:
        for step in _STEPS:
            runs = step["name"] not in skipped and self._condition(step)
            self.outcomes[step["name"]] = self._run_step(step) if runs else "skipped"

    def _condition(self, step: Mapping[str, Any]) -> bool:
        """Return whether a step runs: after a failure only if its condition has a status function."""
        parts = self._expand(step["if"]).split(" && ") if "if" in step else ["true"]
        assert set(parts) <= {"true", "false"}, step["if"]
        return "false" not in parts and (not self.failed or "!cancelled()" in step.get("if", ""))

    def _run_step(self, step: Mapping[str, Any]) -> str:
        if "uses" in step:
            self.uploads.append(Path(self._expand(step["with"]["sarif_file"])))
            return "success"
        assert step["shell"] == "bash"
        files = {variable: self.temporary / name for variable, name in _FILES.items()}
        for file in files.values():
            file.write_text("")
        variables = {name: self._expand(value) for name, value in step.get("env", {}).items()}
        fixed = {name: str(file) for name, file in files.items()} | {"RUNNER_TEMP": str(self.temporary)}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env={**self.environment, **fixed, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.printed += done.stdout
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        lines = files["GITHUB_OUTPUT"].read_text().splitlines()
        self.outputs[step.get("id", "")] = dict(line.split("=", 1) for line in lines)
        added = files["GITHUB_PATH"].read_text().splitlines()
        self.environment["PATH"] = os.pathsep.join((*added, self.environment["PATH"]))
        return "failure" if done.returncode else "success"

    def _expand(self, text: str) -> str:
        return _EXPRESSION.sub(lambda match: " && ".join(map(self._evaluate, match[1].split(" && "))), text)

    def _evaluate(self, expression: str) -> str:
        """Evaluate the operators and contexts that `action.yml` has."""
        if expression == "!cancelled()":
            return "true"
        for operator, holds in ((" == ", str.__eq__), (" != ", str.__ne__)):
            if operator in expression:
                left, right = map(self._evaluate, expression.split(operator))
                return str(holds(left, right)).lower()
        return next(filter(None, map(self._value, expression.split(" || "))), "")

    def _value(self, name: str) -> str:
        if name.startswith("'"):
            return name.strip("'")
        match name.split("."):
            case ["inputs", key]:
                return self.inputs[key]
            case ["github", "action_path"]:
                return str(self.action_path)
            case ["runner", "temp"]:
                return str(self.temporary)
            case ["steps", step_id, "outcome"]:
                return self.outcomes[next(each["name"] for each in _STEPS if each.get("id") == step_id)]
            case ["steps", step_id, "outputs", key]:
                return self.outputs.get(step_id, {}).get(key, "")
        raise AssertionError(f"unknown expression {name}")


def run_action(
    folder: Path,
    environment: Mapping[str, str],
    inputs: Mapping[str, str],
    *,
    skipped: Collection[str] = (INSTALL,),
    action_path: Path = ROOT,
) -> ActionRun:
    """Run the action with these inputs and the defaults of the others.

    Args:
        folder: the workspace of the job.
        environment: the environment of the job. Without the installation, calicoctl is on its PATH.
        inputs: as in `with`.
        skipped: names of the steps that do not run.
        action_path: the checkout of the action.
    """
    assert inputs.keys() <= ACTION["inputs"].keys()
    temporary = folder.parent / "runner-temp"
    (temporary / "calicoctl-reports").mkdir(parents=True, exist_ok=True)
    defaults = {name: each["default"] for name, each in ACTION["inputs"].items()}
    run = ActionRun(folder, dict(environment), {**defaults, **inputs}, temporary, action_path)
    run.run(skipped)
    return run
