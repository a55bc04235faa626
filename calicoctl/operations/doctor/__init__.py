"""Implementation of `doctor`: checks of the settings, the connection, the server and the contents of the datastore."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from calicoctl.deadline import Deadline
from calicoctl.errors import CalicoctlError, ExitCode, UsageError
from calicoctl.operations.doctor.check import CheckStatus, DoctorCheck, fail_check, pass_check, skip_check

if TYPE_CHECKING:
    from calicoctl.config import Settings
    from calicoctl.config.settings import SettingsSource
    from calicoctl.datastore.client import Datastore

__all__ = ["CheckStatus", "DoctorCheck", "exit_code", "run_checks"]

DatastoreCheck = Callable[["Datastore", Deadline], Iterator[DoctorCheck]]
"""Check over a connection."""

_LATER_CHECKS = ("endpoint", "certificate", "login", "permissions", "calico", "objects", "policies", "clock", "space")
"""Names of the checks after the settings and the files, in their order. `history` has a line for a problem only."""


def run_checks(load_source: Callable[[], SettingsSource], timeout: float) -> Iterator[DoctorCheck]:
    """Yield the result of each check. If a check fails that others depend on, these are skipped.

    Args:
        load_source: returns the settings with their origin, or raises UsageError.
        timeout: in seconds, for all checks together.
    """
    from calicoctl.config import build_settings
    from calicoctl.config.overview import describe_settings

    try:
        source = load_source()
        settings = build_settings(source)
    except UsageError as error:
        yield from (fail_check("settings", line, error.exit_code) for line in error.lines)
        yield from _skip(("files", *_LATER_CHECKS), "the settings are invalid")
        return
    for each in describe_settings(source, settings):
        yield pass_check(
            "settings", f"{each.field} = {'(hidden)' if each.value is None else each.value} ({each.origin})"
        )
    yield from _check_connection(replace(settings, timeout=timeout))


def exit_code(checks: Sequence[DoctorCheck]) -> ExitCode:
    """Return the exit code of the first failed check."""
    return next((check.exit_code for check in checks if check.status is CheckStatus.FAILED), ExitCode.DONE)


def _skip(names: Sequence[str], reason: str) -> Iterator[DoctorCheck]:
    return (skip_check(name, reason) for name in names)


def _check_connection(settings: Settings) -> Iterator[DoctorCheck]:
    from calicoctl.operations.doctor import connection_checks

    deadline = Deadline.after(settings.timeout)  # without the time of the imports
    files = list(connection_checks.check_files(settings))
    yield from files
    if any(check.status is CheckStatus.FAILED for check in files):
        yield from _skip(_LATER_CHECKS, "a file is invalid")
        return
    endpoints, healthy = connection_checks.check_endpoints(settings)
    yield from endpoints
    if not healthy:
        yield from _skip(_LATER_CHECKS[1:], "no endpoint is reachable")
        return
    yield from connection_checks.check_certificates(settings, healthy, deadline)
    yield from _check_datastore(replace(settings, endpoints=tuple(healthy)), deadline)


def _check_datastore(settings: Settings, deadline: Deadline) -> Iterator[DoctorCheck]:
    from calicoctl.datastore import connect
    from calicoctl.operations.doctor import connection_checks, content_checks, permission_checks, server_checks

    try:
        datastore = connect(replace(settings, timeout=max(deadline.remaining, _MIN_SECONDS)))
    except CalicoctlError as error:
        remedy = " (check etcdUsername and etcdPassword)" if len(error.lines) == 1 else ""
        yield fail_check("login", error.lines[-1].strip() + remedy, error.exit_code)
        yield from _skip(_LATER_CHECKS[3:], "the login failed")
        return
    with datastore:
        yield connection_checks.check_login(datastore)
        yield from _run(datastore, deadline, "permissions", permission_checks.check_permissions)
        yield from _run(datastore, deadline, "calico", content_checks.check_cluster)
        yield from _run(datastore, deadline, "objects", content_checks.check_objects)
        yield from _run(datastore, deadline, "history", content_checks.check_history)
        yield from _run(datastore, deadline, "clock", server_checks.check_server)
        yield from _run(datastore, deadline, "space", server_checks.check_alarm)


_MIN_SECONDS = 0.1
"""Timeout of a request if less time is left."""


def _run(datastore: Datastore, deadline: Deadline, name: str, check: DatastoreCheck) -> Iterator[DoctorCheck]:
    """Run a check within the deadline. A request that fails is the result of the check."""
    if deadline.has_passed:
        yield skip_check(name, "no time is left (raise --timeout)")
        return
    datastore.timeout = deadline.remaining
    try:
        yield from check(datastore, deadline)
    except CalicoctlError as error:
        yield fail_check(name, error.lines[0], error.exit_code)
