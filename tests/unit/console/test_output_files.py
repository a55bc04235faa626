"""Files that commands write, if a signal interrupts the write."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calicoctl.console.output_files import save, save_private
from calicoctl.signals import SignalReceived


@pytest.mark.parametrize("save_text", [save, save_private])
def test_an_interrupted_write_leaves_no_file(
    save_text: Callable[[str, str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_descriptor = os.fdopen

    def interrupt(*args: Any, **extra: Any) -> Any:
        open_descriptor(*args, **extra).close()
        assert [*tmp_path.iterdir()]
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(os, "fdopen", interrupt)
    with pytest.raises(SignalReceived):
        save_text(str(tmp_path / "file"), "text", "plan")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(("save_text", "mode"), [(save, 0o644), (save_private, 0o600)])
def test_a_new_file_has_its_mode(save_text: Callable[[str, str, str], None], mode: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    previous = os.umask(0o022)
    try:
        save_text(str(path), "text", "plan")
    finally:
        os.umask(previous)
    assert (path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777) == ("text", mode)
