"""Checks of `doctor` that need no etcd: commands by permission, the clock, and the space quota."""

from __future__ import annotations

from importlib import import_module

import click
import pytest

from calicoctl.commands import VERBS
from calicoctl.datastore.inspection import ServerMetrics
from calicoctl.operations.doctor import server_checks
from calicoctl.operations.permissions import COMMAND_GROUPS

WITHOUT_PERMISSIONS = {"config", "doctor"}
REQUIRING_ROOT = {"etcd roles"}


def parameters_of_commands() -> dict[str, set[str]]:
    """Names of the parameters of each command, also of those in groups, such as `set list`."""
    commands: dict[str, click.Command] = {}
    for name in set(VERBS) - WITHOUT_PERMISSIONS:
        command = import_module(f"calicoctl.commands.{name}").command
        inner = command.commands if isinstance(command, click.Group) else {}
        commands |= {f"{name} {word}": each for word, each in inner.items()} or {name: command}
    return {name: {str(parameter.name) for parameter in command.params} for name, command in commands.items()}


def test_each_command_with_a_connection_is_has_its_permission() -> None:
    parameters = parameters_of_commands()
    connected = {name for name, names in parameters.items() if "config" in names} - REQUIRING_ROOT
    writing = {name for name in connected if "dry_run" in parameters[name]}
    permissions = {name: group.access for group in COMMAND_GROUPS for name in group.commands}
    assert permissions == {name: "readwrite" if name in writing else "read" for name in connected}


@pytest.mark.parametrize(
    ("difference", "status", "message"),
    [
        (None, "skipped", "the server sends no date"),
        (-4.0, "ok", "differs by at most 5 s from the server"),
        (61.0, "warning", "the server is 61 s ahead of this machine (synchronize both clocks with NTP)"),
        (-61.0, "warning", "the server is 61 s behind this machine (synchronize both clocks with NTP)"),
    ],
)
def test_the_clock(difference: float | None, status: str, message: str) -> None:
    check = server_checks._clock_check(ServerMetrics(difference, None, None))
    assert (check.status.value, check.message) == (status, message)


@pytest.mark.parametrize(
    ("used", "quota", "status"),
    [
        (None, None, "skipped"),
        (1, 0, "skipped"),
        (80, 100, "ok"),
        (81, 100, "warning"),
    ],
)
def test_the_space(used: int | None, quota: int | None, status: str) -> None:
    assert server_checks._space_check(ServerMetrics(None, used, quota)).status.value == status
