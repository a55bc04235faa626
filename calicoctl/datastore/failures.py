"""What a gRPC status from etcd means and what to do about it: one table."""

from __future__ import annotations

import enum
from typing import NamedTuple

from grpc import RpcError, StatusCode


class FailureAction(enum.Enum):
    """What the client does about a failed request."""

    GIVE_UP = enum.auto()
    """Tell the user."""
    LOG_IN = enum.auto()
    """Authenticate again and repeat: etcd refused before it did anything."""
    RECONNECT = enum.auto()
    """Try all endpoints again, if the request may be repeated."""
    RESTART_READ = enum.auto()
    """Start the whole snapshot again: its revision is gone."""
    SPLIT = enum.auto()
    """The transaction is too large for this server."""
    IGNORE = enum.auto()
    """Nothing is wrong: the server knows no users."""


class RequestFailure(NamedTuple):
    """A failed request."""

    action: FailureAction
    message: str
    """For the user; empty when the server's own words say it best."""
    details: str = ""
    """The server's or gRPC's own words."""
    code: StatusCode | None = None

    @property
    def was_not_sent(self) -> bool:
        """Whether the request surely never left: gRPC had no connection to send it on."""
        return self.details.startswith(_NO_CONNECTION_DETAILS)

    def __str__(self) -> str:
        return self.message or self.details


_NO_CONNECTION_DETAILS = ("failed to connect to all addresses", "errors resolving", "DNS resolution failed")

_LOGIN_REQUIRED = "the datastore wants a user name and password (etcdUsername, ETCD_USERNAME)"
_NO_SPACE = "etcd's space quota is used up: it takes no writes until it is compacted and disarmed"

# The code, and words of etcd's message; the first row that fits is taken.
_FAILURES: dict[tuple[StatusCode, str], RequestFailure] = {
    (StatusCode.UNAUTHENTICATED, "invalid auth token"): RequestFailure(
        FailureAction.LOG_IN, "the login is not accepted"
    ),
    (StatusCode.INVALID_ARGUMENT, "revision of auth store is old"): RequestFailure(
        FailureAction.LOG_IN, "users or roles are being changed"
    ),
    (StatusCode.INVALID_ARGUMENT, "invalid user ID or password"): RequestFailure(
        FailureAction.GIVE_UP, "wrong user name or password"
    ),
    (StatusCode.INVALID_ARGUMENT, "user name is empty"): RequestFailure(FailureAction.GIVE_UP, _LOGIN_REQUIRED),
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
    (StatusCode.UNIMPLEMENTED, ""): RequestFailure(FailureAction.GIVE_UP, "this server is not etcd v3"),
    (StatusCode.UNAVAILABLE, ""): RequestFailure(FailureAction.RECONNECT, ""),
    (StatusCode.DEADLINE_EXCEEDED, ""): RequestFailure(FailureAction.RECONNECT, "no answer in time"),
}


def classify(error: RpcError) -> RequestFailure:
    """Look up what a failed call means."""
    code, details = error.code(), error.details() or ""
    for (known_code, words), known_failure in _FAILURES.items():
        if code is known_code and words in details:
            return known_failure._replace(details=details, code=code)
    return RequestFailure(FailureAction.GIVE_UP, f"{code.name.lower()}: {details}", details, code)
