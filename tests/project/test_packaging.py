"""Contents of wheel and sdist: complete, and usable outside of the checkout."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "calicoctl"

# Without these the copy that is built has the files of a fresh clone only.
LEFT_OUT = shutil.ignore_patterns(".*_cache", ".git", ".venv", ".demo", "build", "dist", "*.egg-info", "__pycache__")


def shipped_files() -> set[str]:
    """Required files of the wheel, as paths in the wheel."""
    code = {
        str(path.relative_to(ROOT))
        for pattern in ("*.py", "*.lark", "*.css", "*.js")
        for path in PACKAGE.rglob(pattern)
    }
    schemas = {f"calicoctl/schemas/{path.name}" for path in (ROOT / "schemas").glob("*.json")}
    pages = {f"calicoctl/analysis/lint/pages/{path.name}" for path in (ROOT / "docs" / "lint").glob("*.md")}
    return code | schemas | pages | {"calicoctl/py.typed"}


def packages_in_tree() -> set[str]:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    return {".".join(folder.relative_to(ROOT).parts) for folder in folders}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and an sdist, made from a copy of the checkout and without a network."""
    copy = tmp_path_factory.mktemp("build") / "calicoctl"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--sdist", "--outdir", "dist"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return copy / "dist"


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked into a folder as pip does it."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
        wheel.extractall(folder)  # noqa: S202  # built a moment ago, by us
    return folder


def run_installed(installed: Path, *args: str) -> str:
    """Run Python outside of the checkout, with the wheel before everything else."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, *args]
    done = subprocess.run(command, cwd=installed.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_contains_every_file(installed: Path) -> None:
    there = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    assert shipped_files() - there == set()
    strangers = {name for name in there if not name.startswith("calicoctl")}
    assert strangers == set()


def test_every_package_can_be_imported_from_the_wheel(installed: Path) -> None:
    names = sorted(packages_in_tree())
    code = f"import importlib; print([importlib.import_module(name).__file__ for name in {names}])"
    assert str(ROOT) + os.sep not in run_installed(installed, "-c", code)


def test_data_files_are_read_from_the_wheel(installed: Path) -> None:
    names = sorted(name[len("calicoctl/") :] for name in shipped_files() if not name.endswith(".py"))
    code = (
        "import sys; from importlib.resources import files\n"
        "for name in sys.argv[1:]: print(files('calicoctl').joinpath(name).is_file())"
    )
    assert set(run_installed(installed, "-c", code, *names).split()) == {"True"}


def test_the_wheel_runs(installed: Path) -> None:
    assert "Usage: calicoctl" in run_installed(installed, "-m", "calicoctl", "--help")
    assert run_installed(installed, "-m", "calicoctl", "lint", "--explain", "CAL001").startswith("# CAL001: ")


def test_the_wheel_has_the_command_and_the_licence(installed: Path) -> None:
    info = next(installed.glob("*.dist-info"))
    assert "calicoctl = calicoctl.__main__:run" in (info / "entry_points.txt").read_text()
    assert (info / "licenses" / "LICENSE").is_file()


def test_the_sdist_can_be_built_and_tested(dist: Path) -> None:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as sdist:
        there = {name.partition("/")[2] for name in sdist.getnames()}
    wanted = {
        str(path.relative_to(ROOT))
        for folder in ("calicoctl", "docs/lint", "schemas", "examples", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert (wanted | {"setup.cfg", "pyproject.toml", "Makefile", "LICENSE"}) - there == set()


def test_the_packages_of_setup_cfg_are_those_of_the_tree() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = setup["options"]["packages"].split()
    assert listed == sorted(packages_in_tree() | {"calicoctl.analysis.lint.pages", "calicoctl.schemas"})


def test_the_manual_pages_are_in_wheel_and_sdist(dist: Path, installed: Path) -> None:
    (data,) = installed.glob("*.data")
    in_wheel = {path.name for path in (data / "data" / "share" / "man" / "man1").iterdir()}
    with tarfile.open(next(dist.glob("*.tar.gz"))) as sdist:
        in_sdist = {Path(name).name for name in sdist.getnames() if name.endswith(".1") and "/man/" in name}
    assert in_wheel == in_sdist
    assert {"calicoctl.1", "calicoctl-apply.1", "calicoctl-etcd-start.1"} <= in_wheel
