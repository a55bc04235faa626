"""Endpoints by the names in flows: names that calicoctl prints, and those in flow logs of Calico."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from calicoctl.analysis.flows.flow import FlowEnd, FlowError
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet
from calicoctl.kinds import find_kind
from calicoctl.kinds.profile import PROFILE
from calicoctl.kinds.values.names import v3_node_name, v3_profile_name
from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT
from calicoctl.name_list import join_limited

END_SYNTAX = "an address, the name of an endpoint, NAMESPACE/POD, profile/NAME or outside"
_MAX_NAMES_IN_MESSAGE = 3


class EndpointIndex:
    """Index of the endpoints of a policy set. It is built when the first name is looked up."""

    def __init__(self, policy_set: PolicySet) -> None:
        self._policy_set = policy_set

    def find(self, end: FlowEnd) -> Sequence[Endpoint]:
        """Return the endpoints of an end: one for a name of an endpoint, all for a profile, a node or a pod name.

        Raises:
            FlowError: no endpoint has the name, or several have it.
        """
        if end.kind == "host":
            return self._hosts(end.text)
        if end.kind == "pod":
            return self._pods(end.text)
        if endpoints := self._by_name.get(_canonical_name(end.text)):
            if len(endpoints) > 1:
                names = join_limited([each.name for each in endpoints], _MAX_NAMES_IN_MESSAGE)
                raise FlowError(f"{end.text!r} is the name of several endpoints: {names} (write one of these)")
            return endpoints
        return self._profile(end.text) or self._pods(end.text)

    def _hosts(self, node: str) -> Sequence[Endpoint]:
        hosts = self._policy_set.host_nodes.get(v3_node_name(node))
        if hosts is None:
            raise FlowError(f"no host endpoint of node {node!r} (add it, or write the address of the node)")
        return hosts.hosts

    def _profile(self, text: str) -> Sequence[Endpoint]:
        kind, separator, name = text.replace(":", "/", 1).partition("/")
        if not separator or find_kind(kind) is not PROFILE:
            return ()
        return self._by_profile.get(v3_profile_name(name), ())

    def _pods(self, text: str) -> Sequence[Endpoint]:
        """Return the endpoints of a pod; of all pods with a prefix if the name ends with `*`."""
        prefix = text.removesuffix("*")
        position = bisect_left(self._pod_names, prefix) if prefix != text else len(self._pod_names)
        endpoints = list(self._by_pod.get(text, ()))
        while position < len(self._pod_names) and self._pod_names[position].startswith(prefix):
            endpoints += self._by_pod[self._pod_names[position]]
            position += 1
        if not endpoints:
            raise FlowError(f"no endpoint {text!r} (write {END_SYNTAX})")
        return endpoints

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[Endpoint]]:
        """Endpoints by full name, by the last part of it, and by workload."""
        result: dict[str, list[Endpoint]] = {}
        for endpoint in self._policy_set.endpoints:
            for name in dict.fromkeys(_names(endpoint)):
                result.setdefault(name, []).append(endpoint)
        return result

    @cached_property
    def _by_profile(self) -> Mapping[str, Sequence[Endpoint]]:
        result: dict[str, list[Endpoint]] = {}
        for endpoint in self._policy_set.endpoints:
            for profile in dict.fromkeys(endpoint.profiles):
                result.setdefault(profile, []).append(endpoint)
        return result

    @cached_property
    def _by_pod(self) -> Mapping[str, Sequence[Endpoint]]:
        result: dict[str, list[Endpoint]] = {}
        for endpoint in self._policy_set.endpoints:
            if endpoint.identifier.kind == WORKLOAD_ENDPOINT.name:
                result.setdefault(WORKLOAD_ENDPOINT.agent_workload(endpoint.identifier), []).append(endpoint)
        return result

    @cached_property
    def _pod_names(self) -> Sequence[str]:
        return sorted(self._by_pod)


def _names(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.origin is None:
        yield endpoint.name
        return
    yield str(endpoint.identifier)
    yield endpoint.identifier.values[-1]
    if endpoint.identifier.kind == WORKLOAD_ENDPOINT.name:
        yield endpoint.identifier.values[2]


def _canonical_name(text: str) -> str:
    """Return a name with the name of its kind instead of an alias."""
    word, slash, name = text.partition("/")
    kind = find_kind(word) if slash else None
    return f"{kind.name}/{name}" if kind else text
