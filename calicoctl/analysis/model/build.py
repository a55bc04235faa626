"""Policy sets from v1 resources in normal form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final, cast

from calicoctl.analysis.model import criteria
from calicoctl.analysis.model.cluster import build_node, build_pool
from calicoctl.analysis.model.network_set import build_network_set
from calicoctl.analysis.model.notes import policy_set_notes
from calicoctl.analysis.model.placeholder import placeholder_of_profile
from calicoctl.analysis.model.policy_set import (
    Direction,
    Endpoint,
    Policy,
    PolicySet,
    PolicySource,
    Profile,
    Rule,
    RuleAction,
)
from calicoctl.analysis.model.source import EndpointState
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.ip_pool import IP_POOL
from calicoctl.kinds.node import NODE
from calicoctl.kinds.policy import LEGACY_TIER_PREFIX, POLICY
from calicoctl.kinds.profile import BUILT_IN_PROFILE, PROFILE
from calicoctl.kinds.values.labels import selector_to_v3
from calicoctl.kinds.values.names import v3_node_name, v3_policy_name, v3_profile_name
from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT, stored_labels
from calicoctl.resource import Resource
from calicoctl.selector import Selector, SelectorError, parse

ANALYSED_KINDS = (PROFILE, POLICY, HOST_ENDPOINT, WORKLOAD_ENDPOINT, NODE)
"""v1 kinds that affect the allowed traffic: a node by its addresses, which are those of its host."""
POLICY_KINDS: Final = (POLICY.name, "NetworkPolicy", "KubernetesNetworkPolicy")
"""Kinds of policies: the v1 kind, and those of v3 and Kubernetes without a v1 form."""
NETWORK_SET_KINDS: Final = ("GlobalNetworkSet", "NetworkSet")
"""Kinds of network sets, which v1 does not have."""


def build_policy_set(
    origins: Iterable[PolicySource], notes: Iterable[str] = (), endpoints: Iterable[Endpoint] = ()
) -> PolicySet:
    """Build a policy set. Resources of kinds that do not affect traffic are skipped.

    Without any endpoint, the set has a placeholder endpoint of unknown address for each profile.

    Args:
        origins: resources in normal form.
        notes: notes for the user about the resources.
        endpoints: further endpoints.
    """
    values, unreadable = _build_values(origins)
    profiles = {profile.name: profile for profile in values[PROFILE.name]}
    stored_endpoints = (*values[WORKLOAD_ENDPOINT.name], *values[HOST_ENDPOINT.name])
    if any(BUILT_IN_PROFILE in endpoint.profiles for endpoint in stored_endpoints):
        profiles.setdefault(BUILT_IN_PROFILE, DEFAULT_ALLOW_PROFILE)
    policies = (policy for kind in POLICY_KINDS for policy in values[kind])
    all_endpoints = (*stored_endpoints, *endpoints)
    result = PolicySet(
        tuple(sorted(policies, key=lambda policy: policy.sort_key)),
        profiles,
        all_endpoints,
        notes=(*notes, *unreadable),
        pools=tuple(values[IP_POOL.name]),
        nodes=tuple(values[NODE.name]),
        network_sets=tuple(network_set for kind in NETWORK_SET_KINDS for network_set in values[kind]),
    )
    if not all_endpoints:
        placeholders = tuple(map(placeholder_of_profile, profiles.values()))
        result = replace(result, endpoints=placeholders, has_placeholders=True)
    return replace(result, notes=(*result.notes, *policy_set_notes(result)))


def _build_values(origins: Iterable[PolicySource]) -> tuple[Mapping[str, list[Any]], list[str]]:
    """Return the values of the resources by kind, and a note for each resource that the agent ignores."""
    values: dict[str, list[Any]] = {kind: [] for kind in _BUILDERS}
    unreadable: list[str] = []
    for origin in origins:
        kind = origin.identifier.kind
        if build := _BUILDERS.get(kind):
            try:
                values[kind].append(build(origin))
            except (SelectorError, ValueError) as error:  # a datastore may contain any value
                unreadable.append(f"{origin.identifier}: the agent ignores it: {error}")
    return values, unreadable


def _build_profile(origin: PolicySource) -> Profile:
    metadata = origin.resource.metadata
    labels = {**metadata.get("labels", {}), **dict.fromkeys(metadata.get("tags", ()), "")}
    return Profile(
        origin.resource.identifier,
        _key_segment(origin) or v3_profile_name(metadata["name"]),
        origin,
        {} if origin.enforced.rejection else labels,
        _build_rules(origin, "ingress"),
        _build_rules(origin, "egress"),
    )


def _build_policy(origin: PolicySource) -> Policy:
    spec, enforced = origin.resource.spec, origin.enforced
    selector = spec["selector"] if enforced.selector is None else enforced.selector
    return Policy(
        origin.resource.identifier,
        _policy_sort_name(origin),
        origin,
        spec.get("order"),
        _parse_selector(selector, enforced.extra_selectors),
        frozenset(spec["types"]),
        bool(spec.get("doNotTrack")),
        bool(spec.get("preDNAT")),
        _build_rules(origin, "ingress"),
        _build_rules(origin, "egress"),
        enforced.tier,
        enforced.applies_on_forward,
    )


def _policy_sort_name(origin: PolicySource) -> bytes:
    """Return the text that Felix sorts policies of equal order by: `NAME/NAMESPACE/KIND` (`calc/policy_sorter.go`)."""
    identifier = origin.identifier
    name = _key_segment(origin).removeprefix(LEGACY_TIER_PREFIX)
    if identifier.kind == POLICY.name:
        name = name or v3_policy_name(origin.resource.metadata["name"])
        return f"{name}//{POLICY.stored_kind.kind}".encode()
    namespace, own_name = identifier.values
    return f"{name or own_name}/{namespace}/{identifier.kind}".encode()


def _parse_selector(selector: str, extra_selectors: tuple[str, ...]) -> Selector:
    text = selector_to_v3(selector)
    if not extra_selectors:
        return parse(text)
    parse(text)  # reject a selector that is valid only in combination
    return parse(" && ".join(f"({part})" for part in (text, *extra_selectors) if part.strip()))


def _default_allow_profile() -> Profile:
    rules = [{"action": "allow", "source": {}, "destination": {}}]
    resource = PROFILE.resource({"name": BUILT_IN_PROFILE}, {"ingress": rules, "egress": rules})
    return _build_profile(PolicySource(resource))


def _key_segment(origin: PolicySource) -> str:
    return origin.key.rpartition("/")[2]


def _build_rules(origin: PolicySource, direction: Direction) -> tuple[Rule, ...]:
    manifest_rules: Iterable[Mapping[str, Any]] = origin.resource.spec.get(direction, ())
    unsupported_criteria, owner = origin.enforced.unsupported_criteria, origin.identifier
    return tuple(
        Rule(
            _parse_action(rule),
            owner,
            direction,
            index,
            origin,
            unsupported_field=unsupported_criteria.get((direction, index), ""),
            **criteria.parse_criteria(rule),
        )
        for index, rule in enumerate(manifest_rules)
    )


def _parse_action(rule: Mapping[str, Any]) -> RuleAction:
    """Return the action of a rule; the agent allows if it is missing."""
    action = rule.get("action") or "allow"
    if action not in {"allow", "deny", "log", "pass"}:
        raise ValueError(f"invalid action {action!r}")
    return cast("RuleAction", action)


def _build_workload_endpoint(origin: PolicySource) -> Endpoint:
    state = origin.endpoint_state or _as_stored(origin.resource, "ipNetworks")
    addresses = tuple(map(parse_address, state.addresses))
    return Endpoint(
        origin.identifier, state.labels, state.profiles, addresses, origin, node=_node_name(origin), ports=state.ports
    )


def _build_host_endpoint(origin: PolicySource) -> Endpoint:
    """Build a host endpoint. Without `expectedIPs`, selectors of rules do not match it."""
    state = origin.endpoint_state or _as_stored(origin.resource, "expectedIPs")
    addresses = tuple(map(parse_address, state.addresses))
    return Endpoint(
        origin.identifier,
        state.labels,
        state.profiles,
        addresses or None,
        origin,
        host=True,
        selectable=bool(addresses),
        node=_node_name(origin),
        interface_name=origin.resource.spec.get("interfaceName", ""),
        sort_name=(_key_segment(origin) or HOST_ENDPOINT.stored_name(origin.identifier)).encode(),
        ports=state.ports,
    )


def _node_name(origin: PolicySource) -> str:
    """Return the name of the node of an endpoint in the datastore."""
    return _v3_node_name(origin.identifier.values[0])


_v3_node_name = cache(v3_node_name)


_BUILDERS: Mapping[str, Callable[[PolicySource], Any]] = {
    PROFILE.name: _build_profile,
    WORKLOAD_ENDPOINT.name: _build_workload_endpoint,
    HOST_ENDPOINT.name: _build_host_endpoint,
    IP_POOL.name: build_pool,
    NODE.name: build_node,
    **dict.fromkeys(POLICY_KINDS, _build_policy),
    **dict.fromkeys(NETWORK_SET_KINDS, build_network_set),
}

DEFAULT_ALLOW_PROFILE: Final = _default_allow_profile()
"""Built into the agent, not stored."""


def _as_stored(endpoint: Resource, address_field: str) -> EndpointState:
    """Return the properties of an endpoint as stored by `apply`."""
    labels = endpoint.metadata.get("labels", {})
    if endpoint.kind == WORKLOAD_ENDPOINT.name:
        labels = stored_labels(endpoint.identifier, labels)
    profiles = tuple(map(v3_profile_name, endpoint.spec.get("profiles", ())))
    return EndpointState(labels, profiles, tuple(endpoint.spec.get(address_field, ())))
