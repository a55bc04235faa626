"""Result of a check of `doctor`."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from calicoctl.errors import ExitCode


class CheckStatus(Enum):
    """Status of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not checked, because an earlier check failed or no time was left."""


class DoctorCheck(NamedTuple):
    """Result of a check."""

    name: str
    """Subject: `settings`, `endpoint`, …."""
    status: CheckStatus
    message: str
    """Result, with the remedy in parentheses if there is a problem."""
    exit_code: ExitCode = ExitCode.DONE
    """Exit code of commands for this problem."""


def pass_check(name: str, message: str) -> DoctorCheck:
    """Return a check without a problem."""
    return DoctorCheck(name, CheckStatus.OK, message)


def warn_check(name: str, message: str) -> DoctorCheck:
    """Return a check with a problem that does not stop commands."""
    return DoctorCheck(name, CheckStatus.WARNING, message)


def fail_check(name: str, message: str, exit_code: ExitCode) -> DoctorCheck:
    """Return a check with a problem that stops commands."""
    return DoctorCheck(name, CheckStatus.FAILED, message, exit_code)


def skip_check(name: str, message: str) -> DoctorCheck:
    """Return a check that was not done."""
    return DoctorCheck(name, CheckStatus.SKIPPED, message)
