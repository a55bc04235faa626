"""A copy of the source tree in which a test carries out a recipe of CONTRIBUTING.md."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.runner import Result

ROOT = Path(__file__).parents[2]


_SERVER = """
import json, sys
from importlib import import_module
from click.testing import CliRunner
from calicoctl.cli import main

for line in sys.stdin:
    request = json.loads(line)
    if "page" in request:
        module, _, name = request["page"].partition(":")
        made = getattr(import_module("docs.generators." + module), name)()
        parts = made.values() if isinstance(made, dict) else made
        print(json.dumps({"text": "".join(parts)}), flush=True)
        continue
    run = CliRunner().invoke(main, request["args"], input=request["input"], env=request["env"])
    answer = {"exit_code": run.exit_code, "stdout": run.stdout, "stderr": run.stderr}
    print(json.dumps(answer), flush=True)
"""
"""Runs commands of calicoctl, and functions of `docs.generators`. A process for each run would take a minute in all."""


class SourceCopy:
    """A copy of calicoctl and its documentation that runs as a program; it knows the files that were changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.touched: set[str] = set()
        self._process: subprocess.Popen[str] | None = None
        # With the compiled files: a copy without them takes a second to start.
        for name in ("calicoctl", "schemas", "docs", "examples"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("_build", "vale", "prose"))

    def insert(self, file: str, before: str, text: str) -> None:
        """Insert text before the first occurrence of another one in a file."""
        path = self.folder / file
        head, found, tail = path.read_text(encoding="utf-8").partition(before)
        assert found, f"{file} does not contain {before!r}"
        path.write_text(head + text + found + tail, encoding="utf-8")
        self.touched.add(file)

    def add(self, file: str, text: str) -> None:
        """Write a new file."""
        path = self.folder / file
        assert not path.exists()
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.touched.add(file)

    def calicoctl(self, *args: str, stdin: str = "", **variables: str) -> Result:
        """Run the copy with additional environment variables, in a process that all runs of a test share."""
        answer = self._ask({"args": args, "input": stdin, "env": variables})
        return Result(answer["exit_code"], answer["stdout"], answer["stderr"])

    def program(self, *args: str, module: str = "calicoctl", stdin: str = "") -> Result:
        """Run the copy as a process: what a user sees."""
        done = subprocess.run(
            [sys.executable, "-m", module, *args],
            cwd=self.folder,
            env=self._environment(),
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def page(self, function: str) -> str:
        """Return a generated part of the documentation; `function` is `module:function` of `docs.generators`."""
        return str(self._ask({"page": function})["text"])

    def close(self) -> None:
        """End the process of the runs."""
        if self._process:
            self._process.communicate()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.folder)}

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVER],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(request), file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def output(self, *args: str, stdin: str = "", **variables: str) -> str:
        """Return the output of the copy, which must succeed."""
        result = self.calicoctl(*args, stdin=stdin, **variables)
        assert result.exit_code == 0, result.stderr
        return result.stdout


def files_of_recipe(heading: str, **placeholders: str) -> set[str]:
    """Return the files in the numbered steps of a recipe in CONTRIBUTING.md.

    Args:
        heading: the heading of the recipe.
        placeholders: the text for each placeholder in the paths, such as `KIND`.
    """
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"\n### {heading}\n")[2].partition("\n### ")[0].partition("\n## ")[0]
    steps = "".join(re.findall(r"^\d+\. .*\n(?:   .*\n)*", section, re.MULTILINE))
    files = set()
    for path in re.findall(r"`([\w./]+/[\w.]+\.\w+)`", steps):
        for name, value in placeholders.items():
            path = re.sub(rf"\b{name}\b", value, path)  # noqa: PLW2901
        files.add(path)
    return files
