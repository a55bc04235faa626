"""Reads an etcd v2 datastore through its HTTP API, which etcd 3.4 and 3.5 have with `--enable-v2`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from calicoctl.config import Settings
from calicoctl.datastore.diagnosis import LOGIN_REQUIRED, diagnose
from calicoctl.datastore.http_connection import open_http_connection
from calicoctl.deadline import Deadline
from calicoctl.errors import DatastoreUnreachable

_KEY_NOT_FOUND = 100
"""errorCode of etcd v2 for a missing key."""


def read_directory(settings: Settings, directory: str) -> dict[str, str]:
    """Read all keys below a directory in one request, so that they are consistent.

    Args:
        settings: one endpoint, credentials, timeout.
        directory: the directory, such as `/calico`.

    Returns:
        Keys with their values; none if the directory does not exist.

    Raises:
        DatastoreUnreachable: the endpoint does not answer, does not serve the v2 API, or rejects the login.
        UsageError: a certificate file is invalid.
    """
    from http.client import HTTPException

    endpoint = settings.endpoints[0]
    if settings.uses_tls:
        from calicoctl.datastore import tls

        tls.check_files(settings)
    deadline = Deadline.after(settings.timeout)
    connection = open_http_connection(endpoint, settings, settings.timeout)
    try:
        connection.request("GET", f"/v2/keys{directory}?recursive=true&quorum=true", headers=_headers(settings))
        response = connection.getresponse()
        status, body = response.status, response.read()
    except (OSError, HTTPException) as error:
        details = str(error).lower()
        reason = "no answer" if isinstance(error, TimeoutError) else diagnose(endpoint, settings, details, deadline)
        raise DatastoreUnreachable(f"{endpoint}: cannot read etcd v2: {reason}") from None
    finally:
        connection.close()
    if status == HTTPStatus.UNAUTHORIZED:
        raise DatastoreUnreachable(f"{endpoint}: cannot read etcd v2: {_login_problem(settings, directory)}")
    return _read_answer(endpoint, status, body)


def _headers(settings: Settings) -> dict[str, str]:
    if settings.username is None:
        return {}
    from base64 import b64encode

    login = f"{settings.username}:{settings.password or ''}"
    return {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}


def _login_problem(settings: Settings, directory: str) -> str:
    """Return the reason why etcd rejected the user: its answer is the same for all reasons."""
    if settings.username is None:
        return LOGIN_REQUIRED
    return f"wrong user name or password, or user '{settings.username}' may not read {directory}"


def _read_answer(endpoint: str, status: int, body: bytes) -> dict[str, str]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise DatastoreUnreachable(
            f"{endpoint}: no etcd v2 API (HTTP status {status}; etcd 3.4 and 3.5 need --enable-v2, later versions do "
            "not have it)"
        )
    if answer.get("errorCode") == _KEY_NOT_FOUND:
        return {}
    if not isinstance(answer.get("node"), dict):
        raise DatastoreUnreachable(f"{endpoint}: etcd v2: {answer.get('message') or f'HTTP status {status}'}")
    return dict(_leaves(answer["node"]))


def _leaves(root: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys below a node that are not directories, with their values."""
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if node.get("dir"):
            nodes += node.get("nodes") or ()
        else:
            yield node["key"], node.get("value", "")
