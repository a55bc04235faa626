"""Inputs of `make dist`: locked dependencies, licences, bill of materials. `make dist-check` tests the artefacts."""

from __future__ import annotations

import configparser
import re
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from release.checksums import write_checksums
from release.context import REQUIREMENTS, ROOT
from release.installation import LIBRARIES, write_launcher
from release.licenses import library_licenses
from release.programs import environment, require_programs, run
from release.targets import DEBIAN_PYTHON_VERSIONS, IMAGE_BASE, PYTHON_VERSIONS
from release.wheels import locked_versions

SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")


def name_of(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return found[0].lower().replace("_", "-")


def required(name: str, found: set[str]) -> set[str]:
    """Names of the dependencies of an installed package, without extras."""
    for line in distribution(name).requires or ():
        if "extra ==" not in line and "python_version <" not in line and name_of(line) not in found:
            found.add(name_of(line))
            found |= required(name_of(line), found)
    return found


def test_every_dependency_is_locked_with_hashes() -> None:
    locked = locked_versions()
    assert set(locked) == required("calicoctl", set())
    entries = re.split(r"^(?=[a-z])", REQUIREMENTS.read_text(encoding="ascii"), flags=re.MULTILINE)[1:]
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_no_locked_version_depends_on_the_python_version() -> None:
    """A directory with the libraries of several Python versions has one version of each."""
    assert [line for line in REQUIREMENTS.read_text(encoding="ascii").splitlines() if " ; " in line] == []


def test_the_locked_versions_are_those_that_setup_cfg_permits() -> None:
    specifiers = pytest.importorskip("packaging.requirements", reason="packaging is an extra of make check")
    lines = [line for line in SETUP["options"]["install_requires"].splitlines() if line and not line.startswith("#")]
    requirements = [specifiers.Requirement(line) for line in lines]
    locked = locked_versions()
    assert [str(each) for each in requirements if locked[each.name.lower()] not in each.specifier] == []


def test_the_python_versions_are_those_of_the_project() -> None:
    assert SETUP["options"]["python_requires"] == f">={PYTHON_VERSIONS[0]}"
    matrix = (ROOT / ".ci" / "test-matrix").read_text(encoding="utf-8")
    assert f"pythons=${{PYTHONS:-{' '.join(PYTHON_VERSIONS)}}}" in matrix
    assert {*DEBIAN_PYTHON_VERSIONS, IMAGE_BASE.python} <= set(PYTHON_VERSIONS)


def test_each_library_has_a_licence_in_the_copyright_file() -> None:
    site = Path(str(distribution("click").locate_file(""))).resolve()
    paragraphs = {name_of(paragraph): paragraph for paragraph in library_licenses(site, f"/{LIBRARIES}")}
    missing = [name for name in locked_versions() if "License: " not in paragraphs.get(name, "")]
    assert missing == []
    assert f"Text: /{LIBRARIES}/click-" in paragraphs["click"]


def test_the_launcher_uses_only_its_own_libraries(tmp_path: Path) -> None:
    write_launcher(tmp_path, sys.executable)
    program = tmp_path / "usr" / "bin" / "calicoctl"
    assert program.read_text(encoding="utf-8").startswith(f"#!{sys.executable} -IS\n")
    assert f'sys.path.insert(0, "/{LIBRARIES}")' in program.read_text(encoding="utf-8")
    assert program.stat().st_mode & 0o777 == 0o755


def test_checksums_are_those_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(b"wheel")
    write_checksums(tmp_path)
    assert run("sha256sum", "--check", "SHA256SUMS", cwd=tmp_path) == "a.whl: OK\n"


def test_the_environment_of_the_build_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("ETCD_ENDPOINTS", "http://127.0.0.1:1")
    variables = environment(1)
    assert variables["SOURCE_DATE_EPOCH"] == "1"
    assert not {"PYTHONPATH", "ETCD_ENDPOINTS"} & set(variables)


def test_a_missing_program_is_reported_with_its_installation() -> None:
    with pytest.raises(RuntimeError, match=r"not installed: no-such \(\.ci/install-programs dist installs them\)"):
        require_programs("sh", "no-such")
