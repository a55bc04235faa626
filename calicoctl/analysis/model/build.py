"""v1 resources in their normal form to the values that the analysis works on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from calicoctl.analysis.model import criteria
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
from calicoctl.kinds import find_kind
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.policy import LEGACY_TIER_PREFIX, POLICY
from calicoctl.kinds.profile import BUILT_IN_PROFILE, PROFILE
from calicoctl.kinds.values.labels import selector_to_v3
from calicoctl.kinds.values.names import v3_policy_name, v3_profile_name
from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT, stored_labels
from calicoctl.resource import Identifier, Resource
from calicoctl.selector import Selector, SelectorError, parse

ANALYSED_KINDS = (PROFILE, POLICY, HOST_ENDPOINT, WORKLOAD_ENDPOINT)
"""The kinds that have a say in what traffic is allowed."""


def build_policy_set(
    origins: Iterable[PolicySource], notes: Iterable[str] = (), endpoints: Iterable[Endpoint] = ()
) -> PolicySet:
    """The values that resources stand for, and further endpoints; resources of other kinds are passed over.

    Without any endpoint one of an unknown address stands in for each profile.
    """
    values: dict[str, list[Any]] = {kind.name: [] for kind in ANALYSED_KINDS}
    unreadable: list[str] = []
    for origin in origins:
        kind = origin.identifier.kind
        if build := _BUILDERS.get(kind):
            try:
                values[kind].append(build(origin))
            except (SelectorError, ValueError) as error:  # a store may hold anything
                unreadable.append(f"{origin.identifier} is left out, as the agent does: {error}")
    profiles = {profile.name: profile for profile in values[PROFILE.name]}
    if any(
        BUILT_IN_PROFILE in endpoint.profiles
        for kind in (WORKLOAD_ENDPOINT, HOST_ENDPOINT)
        for endpoint in values[kind.name]
    ):
        profiles.setdefault(BUILT_IN_PROFILE, _DEFAULT_ALLOW_PROFILE)
    policies = sorted(values[POLICY.name], key=lambda policy: policy.sort_key)
    all_endpoints = (*values[WORKLOAD_ENDPOINT.name], *values[HOST_ENDPOINT.name], *endpoints)
    result = PolicySet(tuple(policies), profiles, all_endpoints, notes=(*notes, *unreadable))
    if not all_endpoints:
        placeholders = (
            placeholder_endpoint(name, name=f"an endpoint of {profile.identifier}")
            for name, profile in profiles.items()
        )
        result = replace(result, endpoints=tuple(placeholders), has_placeholders=True)
    return replace(result, notes=(*result.notes, *_policy_set_notes(result)))


def placeholder_endpoint(profile: str, labels: Mapping[str, str] | None = None, name: str = "") -> Endpoint:
    """An endpoint that nobody has written down, with a profile (none when empty) and labels of its own."""
    profiles = (profile,) if profile else ()
    return Endpoint(Identifier("endpoint", (name or f"an endpoint of {profile}",)), labels or {}, profiles, None)


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
    spec = origin.resource.spec
    name = _key_segment(origin).removeprefix(LEGACY_TIER_PREFIX) or v3_policy_name(origin.resource.metadata["name"])
    return Policy(
        origin.resource.identifier,
        name.encode(),
        origin,
        spec.get("order"),
        _parse_selector(spec["selector"], origin.enforced.extra_selectors),
        frozenset(spec["types"]),
        bool(spec.get("doNotTrack")),
        bool(spec.get("preDNAT")),
        _build_rules(origin, "ingress"),
        _build_rules(origin, "egress"),
        origin.enforced.tier,
    )


def _parse_selector(selector: str, extra_selectors: tuple[str, ...]) -> Selector:
    text = selector_to_v3(selector)
    if not extra_selectors:
        return parse(text)
    parse(text)  # may it be wrong by itself
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
    """The agent takes a rule without an action for one that allows."""
    action = rule.get("action") or "allow"
    if action not in {"allow", "deny", "log", "pass"}:
        raise ValueError(f"there is no action {action!r}")
    return cast("RuleAction", action)


def _build_workload_endpoint(origin: PolicySource) -> Endpoint:
    state = origin.endpoint_state or _as_stored(origin.resource, "ipNetworks")
    return Endpoint(origin.identifier, state.labels, state.profiles, tuple(map(parse_address, state.addresses)), origin)


def _build_host_endpoint(origin: PolicySource) -> Endpoint:
    """One that tells no addresses is known by its interface only: no selector of a rule can mean it."""
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
    )


_BUILDERS: Mapping[str, Callable[[PolicySource], Any]] = {
    PROFILE.name: _build_profile,
    POLICY.name: _build_policy,
    WORKLOAD_ENDPOINT.name: _build_workload_endpoint,
    HOST_ENDPOINT.name: _build_host_endpoint,
}


_DEFAULT_ALLOW_PROFILE: Final = _default_allow_profile()
"""Not stored: the agent knows it."""


def _as_stored(endpoint: Resource, address_field: str) -> EndpointState:
    """What the agent will see of an endpoint of a manifest; `address_field` is the field that has them."""
    labels = endpoint.metadata.get("labels", {})
    if endpoint.kind == WORKLOAD_ENDPOINT.name:
        labels = stored_labels(endpoint.identifier, labels)
    profiles = tuple(map(v3_profile_name, endpoint.spec.get("profiles", ())))
    return EndpointState(labels, profiles, tuple(endpoint.spec.get(address_field, ())))


def _policy_set_notes(analysed: PolicySet) -> Iterator[str]:
    for profile in analysed.profiles.values():
        if rejection := profile.origin.enforced.rejection:
            yield f"{profile.identifier}: the agent ignores its labels: {rejection}"
    missing: dict[str, Endpoint] = {}
    without_address = [endpoint for endpoint in analysed.endpoints if endpoint.addresses == ()]
    for endpoint in analysed.endpoints:
        missing.update((name, endpoint) for name in endpoint.profiles if name not in analysed.profiles)
    for name, endpoint in sorted(missing.items()):
        yield f"profile/{name} does not exist, but {endpoint.identifier} has it: the agent denies what comes to it"
    if without_address:
        yield f"{len(without_address)} without an address take no part, such as {without_address[0].identifier}"
    shared = [
        (address_value, owners) for address_value, owners in analysed.endpoints_by_address.items() if len(owners) > 1
    ]
    if shared:
        own, owners = shared[0]
        names = " and of ".join(str(owner.identifier) for owner in owners)
        yield f"{own} is an address of {names}: rules can't tell them apart"
    if any(endpoint.host for endpoint in analysed.endpoints):
        yield "host endpoints are judged without the agent's failsafe ports, and for traffic of the host itself only"


def policy_set_from_manifests(manifests: Iterable[Mapping[str, Any]]) -> PolicySet:
    """What manifests say, each as the mapping that YAML or JSON makes of it.

    Without any endpoint one stands in for each profile. Kinds that have no say in traffic are passed over.
    `calicoctl validate` tells more of what is wrong with a manifest, and where.

    Raises:
        ValueError: one is no manifest of a v1 kind, or says something that the kind does not take.
    """
    return build_policy_set([_source_from_manifest(number, manifest) for number, manifest in enumerate(manifests)])


def _source_from_manifest(index: int, manifest: Mapping[str, Any]) -> PolicySource:
    kind = find_kind(str(manifest.get("kind")))
    if kind is None:
        raise ValueError(f"manifest {index}: there is no kind {manifest.get('kind')!r}")
    try:
        problems = [f"{'.'.join(map(str, path))}: {message}" for path, message in kind.check(manifest)]
        resource = None if problems else kind.resource(*kind.normalize(manifest))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"manifest {index}: is no {kind.name} ({type(error).__name__}: {error})") from None
    if resource is None:
        raise ValueError(f"manifest {index}: {'; '.join(problems)}")
    return PolicySource(resource)
