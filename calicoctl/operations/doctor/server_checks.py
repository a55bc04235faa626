"""Checks of `doctor`: the clock and the space of the server."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException

from calicoctl.datastore.client import Datastore
from calicoctl.datastore.inspection import ServerMetrics, has_space_alarm, request_metrics
from calicoctl.deadline import Deadline
from calicoctl.errors import ExitCode
from calicoctl.operations.doctor.check import DoctorCheck, fail_check, pass_check, skip_check, warn_check

_MAX_CLOCK_DIFFERENCE_SECONDS = 5
_SPACE_WARNING_RATIO = 0.8
_MEBIBYTE = 2**20


def check_server(datastore: Datastore, deadline: Deadline) -> Iterator[DoctorCheck]:
    """Yield the difference of the clocks, and the free space of the quota."""
    try:
        metrics = request_metrics(datastore.endpoint, datastore.settings, deadline.remaining)
    except (OSError, HTTPException) as error:
        reason = f"{datastore.endpoint} does not serve /metrics: {str(error).lower()}"
        yield skip_check("clock", reason)
        yield skip_check("space", reason)
        return
    yield _clock_check(metrics)
    yield _space_check(metrics)


def check_alarm(datastore: Datastore, _deadline: Deadline) -> Iterator[DoctorCheck]:
    """Yield a failure if etcd rejects writes because of its quota.

    Raises:
        DatastoreUnreachable: the request failed.
    """
    if has_space_alarm(datastore):
        yield fail_check(
            "space",
            "etcd rejects writes: the space quota was exceeded (compact and defragment etcd, and disarm the alarm)",
            ExitCode.UNREACHABLE,
        )


def _clock_check(metrics: ServerMetrics) -> DoctorCheck:
    difference = metrics.clock_difference
    if difference is None:
        return skip_check("clock", "the server sends no date")
    if abs(difference) > _MAX_CLOCK_DIFFERENCE_SECONDS:
        direction = "ahead of" if difference > 0 else "behind"
        return warn_check(
            "clock",
            f"the server is {abs(difference):.0f} s {direction} this machine (synchronize both clocks with NTP)",
        )
    return pass_check("clock", f"differs by at most {_MAX_CLOCK_DIFFERENCE_SECONDS} s from the server")


def _space_check(metrics: ServerMetrics) -> DoctorCheck:
    used, quota = metrics.used_bytes, metrics.quota_bytes
    if used is None or not quota:
        return skip_check("space", "the server does not publish its quota in /metrics")
    message = f"{used / _MEBIBYTE:.0f} of {quota / _MEBIBYTE:.0f} MiB of the quota used"
    if used > quota * _SPACE_WARNING_RATIO:
        return warn_check("space", f"{message} (compact and defragment etcd, or raise --quota-backend-bytes)")
    return pass_check("space", message)
