"""Table of the gRPC errors of etcd, with the reaction of the client to each."""

from __future__ import annotations

import enum
from typing import NamedTuple

from grpc import RpcError, StatusCode

from calicoctl.datastore.diagnosis import LOGIN_REQUIRED


class FailureAction(enum.Enum):
    """Reaction of the client to a failed request."""

    GIVE_UP = enum.auto()
    """Report the error."""
    LOG_IN = enum.auto()
    """Authenticate again and repeat the request: etcd rejected it before executing it."""
    RECONNECT = enum.auto()
    """Connect to any endpoint again and repeat the request, if it may be repeated."""
    RESTART_READ = enum.auto()
    """Restart the read: its revision was compacted."""
    SPLIT = enum.auto()
    """Send the transaction in parts: it exceeds the limits of this server."""
    REPEAT = enum.auto()
    """Repeat the request after a pause: etcd did not execute it."""
    IGNORE = enum.auto()
    """Continue: authentication is not enabled on the server."""


class RequestFailure(NamedTuple):
    """A failed request."""

    action: FailureAction
    message: str
    """Message for the user; empty to show `details`."""
    details: str = ""
    """Message of the server or of gRPC."""
    code: StatusCode | None = None

    @property
    def was_not_sent(self) -> bool:
        """Whether gRPC had no connection to send the request, so that etcd cannot have executed it."""
        return self.details.startswith(_NO_CONNECTION_DETAILS)

    @property
    def is_temporary(self) -> bool:
        """Whether a later attempt can succeed."""
        return self.action in (FailureAction.LOG_IN, FailureAction.RECONNECT, FailureAction.REPEAT)

    @property
    def may_be_executed(self) -> bool:
        """Whether etcd may have executed the request, or may do it later: its answer is missing, not negative."""
        return self.action is FailureAction.RECONNECT and not self.was_not_sent

    @property
    def is_denied(self) -> bool:
        """Whether the role of the user does not allow the request."""
        return self.code is StatusCode.PERMISSION_DENIED

    @property
    def is_no_space(self) -> bool:
        """Whether the space quota is exceeded.

        etcd executes the transaction that reaches the quota before it rejects it (`quotaApplierV3`).
        """
        return self.message == _NO_SPACE

    def __str__(self) -> str:
        return self.message or self.details


_NO_CONNECTION_DETAILS = ("failed to connect to all addresses", "errors resolving", "DNS resolution failed")
_NO_SPACE = "the space quota of etcd is exceeded (compact and defragment etcd, then disarm the alarm)"


# Status code and part of the message of etcd; the first match is used.
_FAILURES: dict[tuple[StatusCode, str], RequestFailure] = {
    (StatusCode.UNAUTHENTICATED, "invalid auth token"): RequestFailure(FailureAction.LOG_IN, "the login was rejected"),
    (StatusCode.INVALID_ARGUMENT, "revision of auth store is old"): RequestFailure(
        FailureAction.LOG_IN, "users or roles are being changed"
    ),
    (StatusCode.INVALID_ARGUMENT, "invalid user ID or password"): RequestFailure(
        FailureAction.GIVE_UP, "wrong user name or password"
    ),
    (StatusCode.INVALID_ARGUMENT, "user name is empty"): RequestFailure(FailureAction.GIVE_UP, LOGIN_REQUIRED),
    (StatusCode.INVALID_ARGUMENT, "user name not found"): RequestFailure(
        FailureAction.GIVE_UP, "wrong user name or password"
    ),
    (StatusCode.FAILED_PRECONDITION, "authentication is not enabled"): RequestFailure(
        FailureAction.IGNORE, "authentication is not enabled"
    ),
    (StatusCode.PERMISSION_DENIED, ""): RequestFailure(FailureAction.GIVE_UP, "permission denied"),
    (StatusCode.OUT_OF_RANGE, "compacted"): RequestFailure(
        FailureAction.RESTART_READ, "the datastore is compacted too often"
    ),
    (StatusCode.INVALID_ARGUMENT, "too many operations"): RequestFailure(FailureAction.SPLIT, ""),
    (StatusCode.INVALID_ARGUMENT, "request is too large"): RequestFailure(FailureAction.SPLIT, ""),
    (StatusCode.RESOURCE_EXHAUSTED, "larger than max"): RequestFailure(FailureAction.SPLIT, ""),
    (StatusCode.RESOURCE_EXHAUSTED, "database space exceeded"): RequestFailure(FailureAction.GIVE_UP, _NO_SPACE),
    (StatusCode.RESOURCE_EXHAUSTED, "too many requests"): RequestFailure(FailureAction.REPEAT, "etcd is overloaded"),
    # etcd has no leader at the moment.
    (StatusCode.UNKNOWN, "raft proposal dropped"): RequestFailure(FailureAction.REPEAT, "etcd has no leader"),
    (StatusCode.UNIMPLEMENTED, ""): RequestFailure(FailureAction.GIVE_UP, "this server is not etcd v3"),
    (StatusCode.UNAVAILABLE, ""): RequestFailure(FailureAction.RECONNECT, ""),
    (StatusCode.DEADLINE_EXCEEDED, ""): RequestFailure(FailureAction.RECONNECT, "no answer in time"),
}


_BROKEN_STREAM_CODES = (StatusCode.UNKNOWN, StatusCode.INTERNAL, StatusCode.CANCELLED)
"""Codes of gRPC without an answer of etcd, unless the table has an entry."""


def classify(error: RpcError) -> RequestFailure:
    """Return the entry of the table for a failed call; unknown errors are reported."""
    code, details = error.code(), error.details() or ""
    for (known_code, text), known_failure in _FAILURES.items():
        if code is known_code and text in details:
            return known_failure._replace(details=details, code=code)
    action = FailureAction.RECONNECT if code in _BROKEN_STREAM_CODES else FailureAction.GIVE_UP
    return RequestFailure(action, f"{code.name.lower()}: {details}", details, code)
