"""Endpoints by name: the names that calicoctl prints, and those in flow logs of Calico."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from calicoctl.analysis.model.endpoint import Endpoint
from calicoctl.analysis.model.host_interface import HostNode
from calicoctl.kinds import find_kind
from calicoctl.kinds.values.labels import KUBERNETES
from calicoctl.kinds.values.names import v3_node_name
from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT
from calicoctl.name_list import join_limited
from calicoctl.resource import Identifier

_MAX_NAMES_IN_MESSAGE = 3


class EndpointNotFound(LookupError):
    """No endpoint has the name; the message states the problem."""


class AmbiguousEndpoint(EndpointNotFound):
    """Several endpoints have the name."""


class EndpointNames:
    """Index of endpoints by name. Each part of it is built when it is needed.

    Args:
        endpoints: all endpoints.
        host_nodes: nodes with host endpoints, by name in the datastore.
    """

    def __init__(self, endpoints: Sequence[Endpoint], host_nodes: Mapping[str, HostNode]) -> None:
        self._endpoints = endpoints
        self._host_nodes = host_nodes

    def find(self, text: str) -> Sequence[Endpoint]:
        """Return the endpoint with a name, all endpoints of a pod, or all host endpoints of a node.

        Args:
            text: full name, last part of it, workload, `NAMESPACE/POD` or `NAMESPACE.POD`, or node; a `*` at the end of
                the name of a pod matches any text.

        Raises:
            EndpointNotFound: no endpoint has the name.
            AmbiguousEndpoint: several endpoints have the full name, the last part or the workload.
        """
        full_name = _full_name(text)
        found = self._by_full_name.get(full_name, ()) if full_name else ()
        if not found and "/" in text and (pods := self._of_pods(text)):
            return pods
        found = found or self._by_short_name.get(text, ())
        if len(found) > 1:
            names = join_limited([each.name for each in found], _MAX_NAMES_IN_MESSAGE)
            raise AmbiguousEndpoint(f"{text!r} is the name of several endpoints: {names} (write one of these)")
        return _require_any(found or self._of_pods(text) or self.of_node(text), text)

    def of_pod(self, text: str) -> Sequence[Endpoint]:
        """Return all endpoints of a pod; of all pods with a prefix if the text ends with `*`.

        Raises:
            EndpointNotFound: no pod has the name.
        """
        return _require_any(self._of_pods(text), text)

    def of_node(self, name: str) -> Sequence[Endpoint]:
        """Return the host endpoints of a node; none if it has none."""
        node = self._host_nodes.get(v3_node_name(name))
        return node.hosts if node else ()

    def _of_pods(self, text: str) -> Sequence[Endpoint]:
        name = text if "/" in text else text.replace(".", "/", 1)
        if name == (prefix := name.removesuffix("*")):
            return self._by_pod.get(name, ())
        endpoints = list(self._by_pod.get(name, ()))
        for position in range(bisect_left(self._pods, prefix), len(self._pods)):
            if not self._pods[position].startswith(prefix):
                break
            endpoints += self._by_pod[self._pods[position]]
        return endpoints

    @cached_property
    def _by_full_name(self) -> Mapping[str, Sequence[Endpoint]]:
        return _index((each for each in self._endpoints if each.origin), lambda each: (_text(each.identifier),))

    @cached_property
    def _by_short_name(self) -> Mapping[str, Sequence[Endpoint]]:
        return _index(self._endpoints, _short_names)

    @cached_property
    def _by_pod(self) -> Mapping[str, Sequence[Endpoint]]:
        workloads = (each for each in self._endpoints if each.identifier.kind == WORKLOAD_ENDPOINT.name)
        return _index(workloads, lambda each: (_pod_name(each.identifier),))

    @cached_property
    def _pods(self) -> Sequence[str]:
        return sorted(self._by_pod)


def _require_any(endpoints: Sequence[Endpoint], text: str) -> Sequence[Endpoint]:
    if not endpoints:
        raise EndpointNotFound(f"no endpoint {text!r}")
    return endpoints


def _index(
    endpoints: Iterable[Endpoint], names_of: Callable[[Endpoint], tuple[str, ...]]
) -> Mapping[str, Sequence[Endpoint]]:
    result: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        for name in names_of(endpoint):
            result.setdefault(name, []).append(endpoint)
    return result


def _text(identifier: Identifier) -> str:
    """Return `str(identifier)`; faster for most names, because there may be many endpoints."""
    kind, values = identifier
    name = "/".join(values)
    is_plain = name.count("/") == len(values) - 1 and "" not in values and name.isprintable()
    return f"{kind}/{name}" if is_plain else str(identifier)


def _pod_name(identifier: Identifier) -> str:
    """Return the workload in flow logs; faster for pods."""
    if identifier.values[1] == KUBERNETES:
        return identifier.values[2].replace(".", "/", 1)
    return WORKLOAD_ENDPOINT.agent_workload(identifier)


def _short_names(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the last part of the name, and the workload. That of a pod has all endpoints of the pod: see `of_pod`."""
    values = endpoint.identifier.values
    has_workload = endpoint.identifier.kind == WORKLOAD_ENDPOINT.name and values[1] != KUBERNETES
    return (values[-1], values[2]) if has_workload and values[2] != values[-1] else (values[-1],)


def _full_name(text: str) -> str:
    """Return a name with the name of its kind instead of an alias; empty if it has no kind."""
    word, slash, name = text.partition("/")
    kind = find_kind(word) if slash else None
    return f"{kind.name}/{name}" if kind else ""
