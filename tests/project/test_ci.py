"""Programs that CI installs for the tests: only missing ones; a failure does not stop CI."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "install-programs"
MISSING = "not installed, tests that need them are skipped:"
ALL_PROGRAMS = "zsh fish chromium man mandoc yaml-language-server"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A separate PATH with a root user, and an apt-get and an npm that record their arguments."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "timeout"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    write_program(folder, "id", "echo 0")
    write_program(folder, "apt-get", 'echo "$@" >> "$NOTED"; [ "$1" != "$FAILS" ]')
    write_program(folder, "npm", 'echo "npm $@" >> "$NOTED"; [ "$1" != "$FAILS" ]')
    return folder


def write_program(folder: Path, name: str, script: str) -> None:
    """A program that does this."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def run(programs: Path, *args: str, **variables: str) -> tuple[list[str], str, str]:
    """Return the arguments of apt-get and the output. The script never fails."""
    noted = programs / "noted"
    environment = {"PATH": str(programs), "NOTED": str(noted), "FAILS": "", **variables}
    done = subprocess.run(
        [str(programs / "sh"), str(SCRIPT), *args], env=environment, capture_output=True, text=True, check=True
    )
    return noted.read_text().splitlines() if noted.exists() else [], done.stdout, done.stderr


def test_missing_programs_are_installed(programs: Path) -> None:
    write_program(programs, "zsh", "")
    asked, said, _ = run(programs)
    install = "install -y -qq --no-install-recommends"
    packages = ("fish", "chromium", "man-db", "mandoc")
    assert asked[:-1] == ["update -qq", *(f"{install} {package}" for package in packages)]
    assert asked[-1].startswith("npm install --global ")
    assert re.search(r" yaml-language-server@[0-9.]+$", asked[-1])
    assert said == "installed for the tests: fish chromium man mandoc yaml-language-server\n"


def test_an_unavailable_program_does_not_prevent_other_installations(programs: Path) -> None:
    write_program(programs, "apt-get", '[ "$1" = update ] || [ "$5" != fish ]')
    _, said, missing = run(programs)
    assert said == "installed for the tests: zsh chromium man mandoc yaml-language-server\n"
    assert missing == f"{MISSING} fish\n"


def test_any_browser_will_do(programs: Path) -> None:
    for name in ("zsh", "fish", "google-chrome", "man", "mandoc", "yaml-language-server"):
        write_program(programs, name, "")
    assert run(programs) == ([], "", "")


def test_existing_programs_are_not_installed_again(programs: Path) -> None:
    for name in ("zsh", "fish", "chromium", "man", "mandoc", "yaml-language-server"):
        write_program(programs, name, "")
    assert run(programs) == ([], "", "")


@pytest.mark.parametrize(
    ("step", "installed", "missing"),
    [
        ("update", " yaml-language-server", "zsh fish chromium man mandoc"),
        ("install", "", "zsh fish chromium man mandoc yaml-language-server"),
    ],
)
def test_a_failed_installation_is_reported_and_ignored(programs: Path, step: str, installed: str, missing: str) -> None:
    said = f"installed for the tests:{installed}\n" if installed else ""
    assert run(programs, FAILS=step)[1:] == (said, f"{MISSING} {missing}\n")


def test_only_root_installs(programs: Path) -> None:
    write_program(programs, "id", "echo 1000")
    assert run(programs) == ([], "", f"{MISSING} {ALL_PROGRAMS}\n")


def test_apt_get_and_npm_are_optional(programs: Path) -> None:
    (programs / "apt-get").unlink()
    (programs / "npm").unlink()
    assert run(programs) == ([], "", f"{MISSING} {ALL_PROGRAMS}\n")


def test_the_programs_of_the_artefacts_are_installed_on_request(programs: Path) -> None:
    write_program(programs, "dpkg-deb", "")
    requests, said, _ = run(programs, "dist")
    packages = ("mmdebstrap", "umoci", "skopeo", "lintian")
    assert requests == ["update -qq", *(f"install -y -qq --no-install-recommends {package}" for package in packages)]
    assert said == "installed for the tests: mmdebstrap umoci skopeo lintian\n"


def test_ci_runs_it_before_the_tests() -> None:
    script = (SCRIPT.parent / "run").read_text()
    assert 0 < script.index(".ci/install-programs") < script.index("make test")
