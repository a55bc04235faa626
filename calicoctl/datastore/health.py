"""Health of etcd servers: the reason why one is not used."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.unknown_fields import UnknownFieldSet

from calicoctl.config import Settings
from calicoctl.datastore.diagnosis import diagnose
from calicoctl.datastore.failures import FailureAction, RequestFailure, classify
from calicoctl.deadline import Deadline
from calicoctl.errors import DatastoreUnreachable

NO_LEADER = RequestFailure(FailureAction.GIVE_UP, "etcd has no leader: most members of its cluster are down")

LEARNER = RequestFailure(
    FailureAction.GIVE_UP, "a learner of the cluster, which rejects requests (etcdctl member promote ID)"
)
_IS_LEARNER_FIELD = 10
"""Number of the field `isLearner` of `StatusResponse` (etcd 3.4 `rpc.proto`)."""


def health_problem(answer: Any) -> RequestFailure | None:
    """Return the reason why a server is not healthy, or None.

    Args:
        answer: the finished future of a status request.
    """
    error = answer.exception()
    if isinstance(error, grpc.RpcError):
        return classify(error)
    status = answer.result()
    if _is_learner(status):
        return LEARNER
    # A member that has lost its cluster answers the status request, but no other.
    return None if status.leader else NO_LEADER


def _is_learner(status: Any) -> bool:
    """Whether the server is a member without a vote: it answers the status request, but no other."""
    # python3-etcd3 has the API of etcd 3.3, which did not have the field.
    fields: Any = UnknownFieldSet(status)
    return any(field.field_number == _IS_LEARNER_FIELD and field.data for field in fields)


def unreachable_error(
    failures: Sequence[RequestFailure | None], settings: Settings, timeout: float, deadline: Deadline
) -> DatastoreUnreachable:
    """Return the error with the reason why each endpoint is not healthy.

    Args:
        failures: the failure of each endpoint; None without an answer.
        settings: the endpoints and the TLS settings.
        timeout: the timeout of the requests in seconds, for the message.
        deadline: end of the diagnosis.
    """

    def describe(endpoint: str, problem: RequestFailure | None) -> str:
        return f"  {endpoint}: {describe_failure(endpoint, problem, settings, timeout, deadline)}"

    with ThreadPoolExecutor() as pool:
        lines = list(pool.map(describe, settings.endpoints, failures))
    return DatastoreUnreachable(f"can't reach the datastore (endpoints from: {settings.origin})", *lines)


def describe_failure(
    endpoint: str, problem: RequestFailure | None, settings: Settings, timeout: float, deadline: Deadline
) -> str:
    """Return the reason why an endpoint is not healthy.

    Args:
        endpoint: URL.
        problem: the failure of the status request; None without an answer.
        settings: the TLS settings.
        timeout: the timeout of the request in seconds, for the message.
        deadline: end of the diagnosis.
    """
    if problem is None or problem.code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"no answer within {timeout:.3g} s"
    if problem.code is grpc.StatusCode.UNAVAILABLE:
        return diagnose(endpoint, settings, problem.details, deadline)
    return str(problem)
