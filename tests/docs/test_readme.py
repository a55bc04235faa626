"""README.md is short and true: its session works on a fresh machine, and its commands exist."""

from __future__ import annotations

import configparser
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from calicoctl import __version__
from tests.docs import sessions
from tests.docs.conftest import ROOT, Shell, put_calicoctl

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = list(sessions.blocks(README))
LEFT_OUT = shutil.ignore_patterns(".*", "_build", "build", "dist", "*.egg-info", "__pycache__", "tests")


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 200


def test_it_begins_with_the_two_commands_then_the_users_own_etcd() -> None:
    first, second = [block for block in BLOCKS if block.language == "sh"]
    assert first.text == "make demo\nmake test\n"
    assert second.text.splitlines()[1:] == ["cat policy.yaml | calicoctl apply -f -", "calicoctl get profile -o yaml"]
    assert {block.language for block in BLOCKS} == {"sh", "console"}


@pytest.mark.skipif(not importlib.util.find_spec("ensurepip"), reason="python3 -m venv needs ensurepip")
def test_the_session_works_on_a_fresh_machine(tmp_path: Path) -> None:
    """Typed in order, with the installation; only the packages that it needs come from here, not from the network."""
    copy = tmp_path / "checkout"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ETCD", "CALICO", "PIP_"))}
    environment = {
        **kept,
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # 0 is the value that switches isolation off
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONPATH": sysconfig.get_path("purelib"),
    }
    steps = [step for block in BLOCKS if block.language == "console" for step in sessions.steps(block.text)]
    try:
        printed = sessions.run(steps, copy, environment)
    finally:
        stop = [str(tmp_path / "calicoctl" / "bin" / "calicoctl"), "etcd", "stop"]
        subprocess.run(stop, cwd=copy, env=environment, capture_output=True, check=False)
    assert steps[-1].command == "calicoctl etcd stop\n"
    wrong = [
        f"$ {step.command}--- README.md has\n{step.output}--- printed is\n{output}"
        for step, output in zip(steps, printed, strict=True)
        if not sessions.agrees(step.output, output)
    ]
    assert not wrong, "\n".join(wrong)
    assert (tmp_path / "calicoctl" / "share" / "man" / "man1" / "calicoctl.1").is_file()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z][a-z-]+)", README))))
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
    shown = done.stdout + done.stderr
    assert ".demo/typo.yaml:11:15: profile/database: spec.ingress[0].action:" in shown
    order = ["apply -f .demo/typo.yaml", "created\n", "$ calicoctl trace", "$ calicoctl connectivity", "1 gained\n"]
    places = [done.stdout.find(text) for text in order]
    assert -1 not in places
    assert places == sorted(places)
    assert "policy/backupnetwork created" in done.stdout


def test_it_installs_as_described(tmp_path: Path) -> None:
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
    named = set(re.findall(r"pip install (?:--quiet )?'\.\[(\w+)\]'", README))
    assert named
    assert named <= set(setup["options.extras_require"])
