"""The artefacts in dist/, installed and run: `make dist-check` runs this after two builds. Root is required."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from calicoctl import __version__
from docs.generators.manpages import pages
from release.context import ROOT, Build
from release.image import DIRECTORY, USER
from release.programs import require_programs, run
from release.source import commit_time
from release.wheels import locked_versions

BUILD = Build(__version__, commit_time(), ROOT / "build", ROOT / "dist", ROOT / "build" / "wheelhouse")
DEBIAN_SUITES = ("bookworm", "trixie")
VALID = "4 resources and 1 policy test in 3 files are valid\n"
MANIFESTS = "examples/policies-by-label"


@pytest.fixture(scope="session", autouse=True)
def _programs() -> None:
    require_programs("mmdebstrap", "lintian", "umoci", "skopeo", "chroot", "dpkg-deb")
    assert os.geteuid() == 0, "chroot needs root"


def test_the_checksums_are_those_of_the_files() -> None:
    checked = run("sha256sum", "--check", "SHA256SUMS", cwd=BUILD.output).splitlines()
    files = {path.name for path in BUILD.output.iterdir()} - {"SHA256SUMS"}
    assert {line.removesuffix(": OK") for line in checked} == files
    expected = (BUILD.wheel, BUILD.program, BUILD.debian_package, BUILD.image, BUILD.sbom)
    assert files == {path.name for path in expected} | {f"calicoctl-{__version__}.tar.gz"}


def test_the_one_file_program_runs_in_an_empty_home(tmp_path: Path) -> None:
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    for _ in range(2):  # unpacks itself, then runs what it has unpacked
        assert run(BUILD.program, "--version", variables=variables) == f"calicoctl {__version__}\n"
        assert run(BUILD.program, "validate", "-f", ROOT / MANIFESTS, variables=variables) == VALID


def test_lintian_reports_nothing() -> None:
    done = subprocess.run(
        ["lintian", "--fail-on=error,warning,info", BUILD.debian_package], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.fixture(params=DEBIAN_SUITES)
def debian(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The root of a clean Debian with Python."""
    root = tmp_path / "root"
    options = ("--variant=apt", "--include=python3", "--dpkgopt=path-exclude=/usr/share/doc/python*")
    run("mmdebstrap", *options, request.param, root, variables=BUILD.variables)
    yield root
    shutil.rmtree(root)


def files_of(root: Path) -> set[str]:
    """The files of a system, without the logs and lists of the package manager."""
    paths = {str(path.relative_to(root)) for path in root.rglob("*")}
    return {path for path in paths if not path.startswith(("var/lib/", "var/log/", "var/cache/", "proc/", "tmp/"))}


def test_the_debian_package_is_installed_and_removed_without_a_trace(debian: Path) -> None:
    before = files_of(debian)
    shutil.copy(BUILD.debian_package, debian / "tmp" / "calicoctl.deb")
    run("chroot", debian, "apt-get", "install", "-y", "/tmp/calicoctl.deb")
    assert run("chroot", debian, "calicoctl", "--version") == f"calicoctl {__version__}\n"
    documents = "usr/share/doc/calicoctl"
    validate = f"cd /{documents} && calicoctl validate -f {MANIFESTS}"
    assert run("chroot", debian, "sh", "-c", validate) == VALID
    assert run("chroot", debian, "dpkg", "--verify", "calicoctl") == ""
    added = files_of(debian) - before
    assert {f"usr/share/man/man1/{page}.gz" for page in pages()} <= added
    assert {f"{documents}/copyright", f"{documents}/changelog.gz", f"{documents}/examples/README.md"} <= added
    assert {
        "usr/share/bash-completion/completions/calicoctl",
        "usr/share/zsh/vendor-completions/_calicoctl",
        "usr/share/fish/vendor_completions.d/calicoctl.fish",
    } <= added
    assert "usr/lib/calicoctl/calicoctl/__pycache__" in added, "bytecode is compiled"
    run("chroot", debian, "dpkg", "--purge", "calicoctl")
    assert files_of(debian) == before


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The container image, unpacked by umoci."""
    folder = tmp_path_factory.mktemp("image")
    with tarfile.open(BUILD.image) as archive:
        archive.extractall(folder / "layout")  # noqa: S202  # built a moment ago, by us
    run("umoci", "unpack", "--image", f"{folder / 'layout'}:{__version__}", folder / "bundle")
    return folder / "bundle"


def test_the_image_runs_calicoctl_as_another_user(bundle: Path) -> None:
    process = json.loads((bundle / "config.json").read_text(encoding="utf-8"))["process"]
    assert process["args"] == ["/usr/bin/calicoctl"]
    assert f"{process['user']['uid']}:{process['user']['gid']}" == USER
    assert process["cwd"] == DIRECTORY
    root = bundle / "rootfs"
    shutil.copytree(ROOT / "examples", root / DIRECTORY.strip("/") / "examples")
    command = ("chroot", f"--userspec={USER}", root, *process["args"])
    assert run(*command, "--version") == f"calicoctl {__version__}\n"
    assert run(*command, "validate", "-f", f"{DIRECTORY}/{MANIFESTS}") == VALID


def test_the_image_has_no_shell_and_no_privileged_program(bundle: Path) -> None:
    root = bundle / "rootfs"
    programs = {path.name for folder in ("bin", "sbin") for path in (root / "usr" / folder).iterdir()}
    assert sorted(programs) == ["calicoctl", "python3.13"]
    assert [path for path in root.rglob("*") if path.is_file() and path.lstat().st_mode & 0o6000] == []


def test_other_tools_read_the_image() -> None:
    image = json.loads(run("skopeo", "inspect", f"oci-archive:{BUILD.image}"))
    assert (image["Architecture"], image["Os"]) == (BUILD.architecture.debian, "linux")
    assert image["Labels"]["org.opencontainers.image.version"] == __version__


def test_the_bill_of_materials_lists_the_locked_versions() -> None:
    document = json.loads(BUILD.sbom.read_text(encoding="utf-8"))
    components = {each["name"].lower().replace("_", "-"): each["version"] for each in document["components"]}
    assert {name: version for name, version in components.items() if name != "calicoctl"} == locked_versions()


def test_the_wheel_is_installed_in_a_clean_environment(tmp_path: Path) -> None:
    run("python3", "-m", "venv", tmp_path)
    places = ("--no-index", "--find-links", BUILD.wheelhouse)
    run(tmp_path / "bin" / "pip", "install", *places, BUILD.wheel)
    assert run(tmp_path / "bin" / "calicoctl", "--version") == f"calicoctl {__version__}\n"
    assert (tmp_path / "share" / "man" / "man1" / "calicoctl.1").is_file()
