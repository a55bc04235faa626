"""v1 resources in their normal form to the values that the analysis works on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from calicoctl.analysis import rules
from calicoctl.analysis.addresses import address
from calicoctl.analysis.model import Action, Direction, Endpoint, Origin, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.origin import Seen
from calicoctl.kinds.hostendpoint import HOST_ENDPOINT
from calicoctl.kinds.names import policy_name, profile_name
from calicoctl.kinds.policy import LEGACY_PREFIX, POLICY
from calicoctl.kinds.profile import BUILT_IN, PROFILE
from calicoctl.kinds.rules import selector_to_v3
from calicoctl.kinds.workloadendpoint import WORKLOAD_ENDPOINT, labels_in_store
from calicoctl.resource import Identifier, Resource
from calicoctl.selector import Selector, SelectorError, parse

KINDS = (PROFILE, POLICY, HOST_ENDPOINT, WORKLOAD_ENDPOINT)
"""The kinds that have a say in what traffic is allowed."""


def policy_set(origins: Iterable[Origin], notes: Iterable[str] = (), endpoints: Iterable[Endpoint] = ()) -> PolicySet:
    """The values that resources stand for, and further endpoints; resources of other kinds are passed over.

    Without any endpoint one of an unknown address stands in for each profile.
    """
    made: dict[str, list[Any]] = {kind.name: [] for kind in KINDS}
    unreadable: list[str] = []
    for origin in origins:
        kind = origin.identifier.kind
        if make := _MAKERS.get(kind):
            try:
                made[kind].append(make(origin))
            except (SelectorError, ValueError) as error:  # a store may hold anything
                unreadable.append(f"{origin.identifier} is left out, as the agent does: {error}")
    profiles = {profile.name: profile for profile in made[PROFILE.name]}
    if any(
        BUILT_IN in endpoint.profiles for kind in (WORKLOAD_ENDPOINT, HOST_ENDPOINT) for endpoint in made[kind.name]
    ):
        profiles.setdefault(BUILT_IN, _BUILT_IN)
    policies = sorted(made[POLICY.name], key=lambda policy: policy.rank)
    everyone = (*made[WORKLOAD_ENDPOINT.name], *made[HOST_ENDPOINT.name], *endpoints)
    found = PolicySet(tuple(policies), profiles, everyone, notes=(*notes, *unreadable))
    if not everyone:
        stand_ins = (stand_in(name, name=f"an endpoint of {profile.identifier}") for name, profile in profiles.items())
        found = replace(found, endpoints=tuple(stand_ins), stand_ins=True)
    return replace(found, notes=(*found.notes, *_notes(found)))


def stand_in(profile: str, labels: Mapping[str, str] | None = None, name: str = "") -> Endpoint:
    """An endpoint that nobody has written down, with a profile (none when empty) and labels of its own."""
    names = (profile,) if profile else ()
    return Endpoint(Identifier("endpoint", (name or f"an endpoint of {profile}",)), labels or {}, names, None)


def _profile(origin: Origin) -> Profile:
    metadata = origin.resource.metadata
    labels = {**metadata.get("labels", {}), **dict.fromkeys(metadata.get("tags", ()), "")}
    return Profile(
        origin.resource.identifier,
        _segment(origin) or profile_name(metadata["name"]),
        origin,
        {} if origin.in_force.refused else labels,
        _rules(origin, "ingress"),
        _rules(origin, "egress"),
    )


def _policy(origin: Origin) -> Policy:
    spec = origin.resource.spec
    name = _segment(origin).removeprefix(LEGACY_PREFIX) or policy_name(origin.resource.metadata["name"])
    return Policy(
        origin.resource.identifier,
        name.encode(),
        origin,
        spec.get("order"),
        _selector(spec["selector"], origin.in_force.selectors),
        frozenset(spec["types"]),
        bool(spec.get("doNotTrack")),
        bool(spec.get("preDNAT")),
        _rules(origin, "ingress"),
        _rules(origin, "egress"),
        origin.in_force.tier,
    )


def _selector(own: str, further: tuple[str, ...]) -> Selector:
    text = selector_to_v3(own)
    if not further:
        return parse(text)
    parse(text)  # may it be wrong by itself
    return parse(" && ".join(f"({part})" for part in (text, *further) if part.strip()))


def _allow_all() -> Profile:
    rules = [{"action": "allow", "source": {}, "destination": {}}]
    resource = PROFILE.resource({"name": BUILT_IN}, {"ingress": rules, "egress": rules})
    return _profile(Origin(resource))


def _segment(origin: Origin) -> str:
    return origin.key.rpartition("/")[2]


def _rules(origin: Origin, direction: Direction) -> tuple[Rule, ...]:
    listed: Iterable[Mapping[str, Any]] = origin.resource.spec.get(direction, ())
    unmet, owner = origin.in_force.unmet, origin.identifier
    return tuple(
        Rule(
            _action(rule),
            owner,
            direction,
            index,
            origin,
            unmet=unmet.get((direction, index), ""),
            **rules.criteria(rule),
        )
        for index, rule in enumerate(listed)
    )


def _action(rule: Mapping[str, Any]) -> Action:
    """The agent takes a rule without an action for one that allows."""
    action = rule.get("action") or "allow"
    if action not in {"allow", "deny", "log", "pass"}:
        raise ValueError(f"there is no action {action!r}")
    return cast("Action", action)


def _workload(origin: Origin) -> Endpoint:
    seen = origin.seen or _once_written(origin.resource, "ipNetworks")
    return Endpoint(origin.identifier, seen.labels, seen.profiles, tuple(map(address, seen.addresses)), origin)


def _host(origin: Origin) -> Endpoint:
    """One that tells no addresses is known by its interface only: no selector of a rule can mean it."""
    seen = origin.seen or _once_written(origin.resource, "expectedIPs")
    addresses = tuple(map(address, seen.addresses))
    return Endpoint(
        origin.identifier,
        seen.labels,
        seen.profiles,
        addresses or None,
        origin,
        host=True,
        selectable=bool(addresses),
    )


_MAKERS: Mapping[str, Callable[[Origin], Any]] = {
    PROFILE.name: _profile,
    POLICY.name: _policy,
    WORKLOAD_ENDPOINT.name: _workload,
    HOST_ENDPOINT.name: _host,
}


_BUILT_IN: Final = _allow_all()
"""Not stored: the agent knows it."""


def _once_written(endpoint: Resource, addresses: str) -> Seen:
    """What the agent will see of an endpoint of a manifest; `addresses` is the field that has them."""
    labels = endpoint.metadata.get("labels", {})
    if endpoint.kind == WORKLOAD_ENDPOINT.name:
        labels = labels_in_store(endpoint.identifier, labels)
    profiles = tuple(map(profile_name, endpoint.spec.get("profiles", ())))
    return Seen(labels, profiles, tuple(endpoint.spec.get(addresses, ())))


def _notes(found: PolicySet) -> Iterator[str]:
    for profile in found.profiles.values():
        if refused := profile.origin.in_force.refused:
            yield f"{profile.identifier}: the agent ignores its labels: {refused}"
    missing: dict[str, Endpoint] = {}
    homeless = [endpoint for endpoint in found.endpoints if endpoint.addresses == ()]
    for endpoint in found.endpoints:
        missing.update((name, endpoint) for name in endpoint.profiles if name not in found.profiles)
    for name, endpoint in sorted(missing.items()):
        yield f"profile/{name} does not exist, but {endpoint.identifier} has it: the agent denies what comes to it"
    if homeless:
        yield f"{len(homeless)} without an address take no part, such as {homeless[0].identifier}"
    shared = [(own, owners) for own, owners in found.owners.items() if len(owners) > 1]
    if shared:
        own, owners = shared[0]
        names = " and of ".join(str(owner.identifier) for owner in owners)
        yield f"{own} is an address of {names}: rules can't tell them apart"
    if any(endpoint.host for endpoint in found.endpoints):
        yield "host endpoints are judged without the agent's failsafe ports, and for traffic of the host itself only"
