"""README.md is true: its sessions run as they stand there, and it leaves nothing out."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from calicoctl import __version__
from calicoctl.cli import INTERNAL_ERROR, INTERRUPTED
from calicoctl.config.environment import VARIABLES
from calicoctl.errors import CalicoctlError
from calicoctl.printers import FORMS, findings
from tests.docs import sessions
from tests.docs.conftest import ROOT, Shell, put_calicoctl

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTIONS = sessions.sections(README)
WITH_SESSIONS = [heading for heading, text in SECTIONS.items() if "```console\n" in text]
DOCUMENTS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/reference.md")


@pytest.fixture
def etcd_of_the_readme(shell: Shell) -> Iterator[None]:
    """Stops what `calicoctl etcd start` in a session has started, if the session itself did not."""
    yield
    stop = ["calicoctl", "etcd", "stop", "--data-dir", "try-etcd"]
    subprocess.run(stop, cwd=shell.folder, env=dict(shell.environment), capture_output=True, check=True)


@pytest.mark.parametrize("heading", WITH_SESSIONS)
def test_the_sessions_of_a_section_run_as_they_stand_there(
    heading: str, shell: Shell, etcd_of_the_readme: None
) -> None:
    wrong = []
    for block in sessions.blocks(SECTIONS[heading]):
        if block.file:
            (shell.folder / block.file).write_text(block.text, encoding="utf-8")
        if block.language != "console":
            continue
        steps = sessions.steps(block.text)
        for step, printed in zip(steps, sessions.run(steps, *shell), strict=True):
            if not sessions.agrees(step.output, printed):
                wrong.append(f"$ {step.command}--- README.md has\n{step.output}--- printed is\n{printed}")
    assert not wrong, "\n".join(wrong)


def test_other_blocks_hold_only_commands_that_are_tested_elsewhere() -> None:
    shell_lines = [
        line for block in sessions.blocks(README) if block.language == "sh" for line in block.text.split("\n")
    ]
    tested = {
        "make demo": "test_the_demo_runs",
        "make test": "this test is run by it",
        "make bench": "test_bench.py",
        'make bench ARGS="--analysis"': "test_bench.py",
        "CALICOCTL_PEER=/usr/local/bin/calicoctl-3 make bench": "test_bench.py",
        "export ETCD_ENDPOINTS=http://127.0.0.1:2379": "the session of the first section",
        "cat policy.yaml | calicoctl apply -f -": "the session of the first section",
        "calicoctl get profile -o yaml": "the session of the first section",
    }
    assert set(filter(None, shell_lines)) == set(tested)
    languages = {block.language for block in sessions.blocks(README)}
    assert languages <= {"sh", "console", "yaml", "text"}  # text: commands that need Docker
    shown = "".join(block.text for block in sessions.blocks(README) if block.language == "text")
    assert [line for line in shown.splitlines() if not line.startswith("docker ")] == []


def test_it_begins_with_the_two_commands_then_the_users_own_etcd() -> None:
    first, second = list(sessions.blocks(README))[:2]
    assert first.text == "make demo\nmake test\n"
    assert second.text.splitlines()[1:] == ["cat policy.yaml | calicoctl apply -f -", "calicoctl get profile -o yaml"]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z][a-z-]+)", README)) - {"it"}))
def test_the_make_targets_exist(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:.*  ## ", makefile, re.MULTILINE)


def test_the_demo_runs(shell: Shell) -> None:
    root = shell.folder / "checkout"
    shutil.copytree(ROOT / "examples", root / "examples")
    put_calicoctl(root / ".venv" / "bin")
    try:
        done = subprocess.run(["sh", "examples/demo.sh"], cwd=root, capture_output=True, text=True, check=False)
    finally:
        stop = [str(root / ".venv/bin/calicoctl"), "etcd", "stop", "--data-dir", ".demo/etcd"]
        subprocess.run(stop, cwd=root, capture_output=True, check=True)
    assert done.returncode == 0, done.stderr
    assert "policy/backupnetwork created" in done.stdout


def test_every_exit_code_is_listed() -> None:
    codes = {error.exit_code for error in CalicoctlError.__subclasses__()} | {0, INTERNAL_ERROR, INTERRUPTED}
    listed = re.findall(r"^\| (\d+) \| ", SECTIONS["Commands"], re.MULTILINE)
    assert {int(code) for code in listed} >= codes


def test_every_connection_setting_is_listed() -> None:
    text = SECTIONS["Where the datastore is"]
    listed = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", text, re.MULTILINE))
    assert listed == {field: variable for variable, field in VARIABLES.items()}


def test_every_form_of_output_is_listed() -> None:
    assert [form for form in FORMS if f"| `{form}` |" not in SECTIONS["Commands"]] == []


def test_every_form_of_findings_is_listed() -> None:
    assert [form for form in findings.FORMS if f"| `{form}` |" not in SECTIONS["Manifests"]] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    document = ROOT / name
    for target in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        other = document.parent / path if path else document
        assert other.exists(), target
        assert not anchor or anchor in anchors(other.read_text(encoding="utf-8")), target


def anchors(markdown: str) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_plain(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|work)/", text), "paths of one machine"
    assert text.isascii()
    assert [line for line in text.splitlines() if line.endswith(" ")] == []


def test_it_installs_as_described(tmp_path: Path) -> None:
    assert "`pip install .`" in README
    copy = tmp_path / "checkout"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "tests")
    )
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--root-user-action=ignore",
    ]
    # Without a network: what it depends on is here already.
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(tmp_path / "installed")]
    subprocess.run([*pip, *offline, "."], cwd=copy, check=True, capture_output=True)
    command = [str(tmp_path / "installed" / "bin" / "calicoctl"), "--version"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout == f"calicoctl {__version__}\n"


def test_the_extras_that_it_names_exist() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    named = set(re.findall(r"pip install '\.\[(\w+)\]'", README))
    assert named
    assert named <= set(setup["options.extras_require"])
