"""Colors: on a terminal only, unless an option or a variable sets them."""

from __future__ import annotations

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, profile
from tests.support.processes import run_on_terminal
from tests.support.runner import Calicoctl

ESCAPE = "\x1b["
INVALID_MANIFEST = manifest(profile("a", labells={}))
VALID_MANIFEST = manifest(profile("a"))


@pytest.mark.parametrize("arguments", [("--color", "always", "apply"), ("apply", "--color=always")])
def test_always_adds_colors_to_a_pipe(store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...]) -> None:
    assert ESCAPE in calicoctl(*arguments, "-f", "-", input=VALID_MANIFEST).stdout
    assert ESCAPE in calicoctl(*arguments, "-f", "-", input=INVALID_MANIFEST).stderr
    assert ESCAPE not in calicoctl(*arguments, "-f", "-", "-o", "json", input=INVALID_MANIFEST).stderr


def test_a_pipe_has_no_colors(store: Etcd, calicoctl_process: Calicoctl) -> None:
    assert ESCAPE not in calicoctl_process("apply", "-f", "-", input=INVALID_MANIFEST).stderr
    assert ESCAPE not in calicoctl_process("apply", "-f", "-", input=VALID_MANIFEST).stdout


def test_a_terminal_has_colors(store: Etcd) -> None:
    assert ESCAPE in run_on_terminal("apply", "-f", "-", text=INVALID_MANIFEST)[2]


@pytest.mark.parametrize("arguments", [("--color", "never", "apply"), ("apply", "--color", "never")])
def test_never_removes_colors_on_a_terminal(store: Etcd, arguments: tuple[str, ...]) -> None:
    assert ESCAPE not in run_on_terminal(*arguments, "-f", "-", text=INVALID_MANIFEST)[2]


def test_color_option_takes_precedence_over_no_color(
    store: Etcd, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert ESCAPE not in run_on_terminal("apply", "-f", "-", text=INVALID_MANIFEST)[2]
    assert ESCAPE in calicoctl("apply", "--color", "always", "-f", "-", input=INVALID_MANIFEST).stderr
    monkeypatch.setenv("NO_COLOR", "")
    assert ESCAPE in run_on_terminal("apply", "-f", "-", text=INVALID_MANIFEST)[2]


def test_a_dumb_terminal_has_no_colors(store: Etcd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert ESCAPE not in run_on_terminal("apply", "-f", "-", text=INVALID_MANIFEST)[2]
    assert ESCAPE in run_on_terminal("apply", "--color", "always", "-f", "-", text=INVALID_MANIFEST)[2]
