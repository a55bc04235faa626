"""What a gRPC status from etcd means and what to do about it: one table."""

from __future__ import annotations

import enum
from typing import NamedTuple

from grpc import RpcError, StatusCode


class Action(enum.Enum):
    """What the client does about a failed request."""

    GIVE_UP = enum.auto()
    """Tell the user."""
    LOG_IN = enum.auto()
    """Authenticate again and repeat: etcd refused before it did anything."""
    RECONNECT = enum.auto()
    """Try all endpoints again, if the request may be repeated."""
    READ_AGAIN = enum.auto()
    """Start the whole snapshot again: its revision is gone."""
    SPLIT = enum.auto()
    """The transaction is too large for this server."""
    GO_ON = enum.auto()
    """Nothing is wrong: the server knows no users."""


class Failure(NamedTuple):
    """A failed request."""

    action: Action
    text: str
    """For the user; empty when the server's own words say it best."""
    details: str = ""
    """The server's or gRPC's own words."""
    code: StatusCode | None = None

    @property
    def unsent(self) -> bool:
        """Whether the request surely never left: gRPC had no connection to send it on."""
        return self.details.startswith(_NO_CONNECTION)

    def __str__(self) -> str:
        return self.text or self.details


_NO_CONNECTION = ("failed to connect to all addresses", "errors resolving", "DNS resolution failed")

_LOGIN_WANTED = "the datastore wants a user name and password (etcdUsername, ETCD_USERNAME)"
_NO_SPACE = "etcd's space quota is used up: it takes no writes until it is compacted and disarmed"

# The code, and words of etcd's message; the first row that fits is taken.
_FAILURES: dict[tuple[StatusCode, str], Failure] = {
    (StatusCode.UNAUTHENTICATED, "invalid auth token"): Failure(Action.LOG_IN, "the login is not accepted"),
    (StatusCode.INVALID_ARGUMENT, "revision of auth store is old"): Failure(
        Action.LOG_IN, "users or roles are being changed"
    ),
    (StatusCode.INVALID_ARGUMENT, "invalid user ID or password"): Failure(
        Action.GIVE_UP, "wrong user name or password"
    ),
    (StatusCode.INVALID_ARGUMENT, "user name is empty"): Failure(Action.GIVE_UP, _LOGIN_WANTED),
    (StatusCode.INVALID_ARGUMENT, "user name not found"): Failure(Action.GIVE_UP, "wrong user name or password"),
    (StatusCode.FAILED_PRECONDITION, "authentication is not enabled"): Failure(
        Action.GO_ON, "authentication is not enabled"
    ),
    (StatusCode.PERMISSION_DENIED, ""): Failure(Action.GIVE_UP, "permission denied"),
    (StatusCode.OUT_OF_RANGE, "compacted"): Failure(Action.READ_AGAIN, "the datastore is compacted too often"),
    (StatusCode.INVALID_ARGUMENT, "too many operations"): Failure(Action.SPLIT, ""),
    (StatusCode.INVALID_ARGUMENT, "request is too large"): Failure(Action.SPLIT, ""),
    (StatusCode.RESOURCE_EXHAUSTED, "larger than max"): Failure(Action.SPLIT, ""),
    (StatusCode.RESOURCE_EXHAUSTED, "database space exceeded"): Failure(Action.GIVE_UP, _NO_SPACE),
    (StatusCode.UNIMPLEMENTED, ""): Failure(Action.GIVE_UP, "this server is not etcd v3"),
    (StatusCode.UNAVAILABLE, ""): Failure(Action.RECONNECT, ""),
    (StatusCode.DEADLINE_EXCEEDED, ""): Failure(Action.RECONNECT, "no answer in time"),
}


def failure(error: RpcError) -> Failure:
    """Look up what a failed call means."""
    code, details = error.code(), error.details() or ""
    for (known, words), meaning in _FAILURES.items():
        if code is known and words in details:
            return meaning._replace(details=details, code=code)
    return Failure(Action.GIVE_UP, f"{code.name.lower()}: {details}", details, code)
