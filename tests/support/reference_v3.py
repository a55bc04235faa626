"""Reference evaluator of v3 manifests: decides on one packet between workloads, without code of the analysis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import Any

from tests.support.reference_evaluator import (
    is_in_network,
    matches_networks,
    matches_protocol,
    protocol_number,
    selector_matches,
)
from tests.support.reference_hosts import Packet

Manifest = Mapping[str, Any]
Labels = dict[str, str]
NAMESPACE, ACCOUNT = "projectcalico.org/namespace", "projectcalico.org/serviceaccount"


class Owner:
    """Endpoint or network set at an address."""

    def __init__(self, manifest: Manifest, labels: Labels, nets: Iterable[str]) -> None:
        self.manifest, self.labels, self.nets = manifest, labels, list(nets)
        self.ports = [
            (one["name"], protocol_number(one["protocol"]), one["port"]) for one in manifest["spec"].get("ports", ())
        ]

    def selected(self, selector: str, prefix: str = "") -> bool:
        """Whether a selector matches the labels with a prefix; `all()` and `global()` are about the namespace."""
        own = {key.removeprefix(prefix): text for key, text in self.labels.items() if key.startswith(prefix)}
        if prefix == "pcns.":
            own |= {"_": ""} if NAMESPACE in self.labels else {}
            selector = selector.replace("all()", "has(_)").replace("global()", "!has(_)")
        return selector_matches(selector, tuple(sorted(own.items())))


class ReferenceV3:
    """Evaluator of v3 manifests."""

    def __init__(self, resources: Iterable[Manifest]) -> None:
        by_kind: dict[str, list[Manifest]] = {}
        for one in resources:
            by_kind.setdefault(one["kind"], []).append(one)
        self.profiles = {one["metadata"]["name"]: one for one in by_kind.get("Profile", ())}
        self.tiers = {one["metadata"]["name"]: one["spec"] for one in by_kind.get("Tier", ())}
        self.endpoints = [self._endpoint(one) for one in by_kind.get("WorkloadEndpoint", ())]
        sets = [*by_kind.get("GlobalNetworkSet", ()), *by_kind.get("NetworkSet", ())]
        self.owners = [*self.endpoints, *map(self._network_set, sets)]
        policies = [*by_kind.get("GlobalNetworkPolicy", ()), *by_kind.get("NetworkPolicy", ())]
        self.policies = sorted(policies, key=self._policy_key)

    def _inherited(self, names: Iterable[str], own: Labels) -> Labels:
        for name in names:
            profile = self.profiles.get(name, {"spec": {}})["spec"]
            for key, text in profile.get("labelsToApply", {}).items() if not _is_refused(profile) else ():
                own.setdefault(key, text)
        return own

    def _endpoint(self, one: Manifest) -> Owner:
        own = dict(one["metadata"].get("labels", {}))
        if account := one["spec"].get("serviceAccountName"):
            own[ACCOUNT] = account
        return Owner(one, self._inherited(one["spec"].get("profiles", ()), own), one["spec"]["ipNetworks"])

    def _network_set(self, one: Manifest) -> Owner:
        own = dict(one["metadata"].get("labels", {}))
        if namespace := one["metadata"].get("namespace"):
            own = self._inherited([f"kns.{namespace}"], {**own, NAMESPACE: namespace})
        return Owner(one, own, one["spec"]["nets"])

    def _policy_key(self, one: Manifest) -> Any:
        name, namespace = one["metadata"]["name"], one["metadata"].get("namespace", "")
        text = f"{name}/{namespace}/{one['kind']}".encode()
        return (*self._tier_key(one), one["spec"].get("order", inf), text)

    def _tier_key(self, one: Manifest) -> Any:
        tier = one["spec"].get("tier", "default")
        return tier not in self.tiers, self.tiers.get(tier, {}).get("order", inf), tier

    def allowed(self, packet: Packet) -> bool:
        """Whether a packet gets through."""
        for address, direction in ((packet.source, "egress"), (packet.destination, "ingress")):
            for endpoint in self.endpoints:
                own = any(is_in_network(address, net) for net in endpoint.nets)
                if own and not self._passes(endpoint, direction, packet):
                    return False
        return True

    def _passes(self, endpoint: Owner, direction: str, packet: Packet) -> bool:
        for tier, policies in self._applicable(endpoint, direction):
            action = self._first_action(policies, direction, packet)
            if action in {"Allow", "Deny"}:
                return action == "Allow"
            if action != "Pass" and self.tiers.get(tier, {}).get("defaultAction") != "Pass":
                return False
        for name in endpoint.manifest["spec"].get("profiles", ()):
            if name not in self.profiles:
                return False
            action = self._first_action([self.profiles[name]], direction, packet)
            if action in {"Allow", "Deny"}:
                return action == "Allow"
        return False

    def _applicable(self, endpoint: Owner, direction: str) -> Iterator[tuple[str, list[Manifest]]]:
        by_tier: dict[str, list[Manifest]] = {}
        for one in self.policies:
            if direction.capitalize() in one["spec"]["types"] and self._applies(one, endpoint):
                by_tier.setdefault(one["spec"].get("tier", "default"), []).append(one)
        yield from by_tier.items()

    def _applies(self, policy: Manifest, endpoint: Owner) -> bool:
        spec, namespace = policy["spec"], policy["metadata"].get("namespace")
        selector, accounts = spec.get("selector", ""), spec.get("serviceAccountSelector", "")
        if namespace:
            is_own = endpoint.labels.get(NAMESPACE) == namespace
            return is_own and endpoint.selected(selector) and endpoint.selected(accounts, "pcsa.")
        if spec.get("namespaceSelector"):
            selector = selector.replace("all()", f"has({NAMESPACE})")
        if accounts:
            selector = selector.replace("all()", f"has({ACCOUNT})")
            if accounts == "all()":
                return (
                    ACCOUNT in endpoint.labels and endpoint.selected(selector) and self._in_namespaces(spec, endpoint)
                )
        matches = endpoint.selected(selector) and endpoint.selected(accounts, "pcsa.")
        return matches and self._in_namespaces(spec, endpoint)

    @staticmethod
    def _in_namespaces(spec: Manifest, owner: Owner) -> bool:
        return owner.selected(spec.get("namespaceSelector", ""), "pcns.")

    def _first_action(self, owners: Iterable[Manifest], direction: str, packet: Packet) -> str:
        for one in owners:
            namespace = one["metadata"].get("namespace", "")
            for rule in one["spec"].get(direction, ()):
                if rule["action"] != "Log" and self._matches(rule, namespace, packet):
                    return str(rule["action"])
        return ""

    def _matches(self, rule: Manifest, namespace: str, packet: Packet) -> bool:
        return matches_protocol(rule, packet) and all(
            self._side_matches(rule.get(side, {}), namespace, address, port, packet.protocol)
            for side, address, port in (
                ("source", packet.source, packet.first),
                ("destination", packet.destination, packet.second),
            )
        )

    def _side_matches(self, side: Manifest, namespace: str, address: str, port: int, protocol: int) -> bool:
        here = [owner for owner in self.owners if any(is_in_network(address, net) for net in owner.nets)]
        excluded = side.get("notSelector", "")
        limits = any(side.get(field) for field in ("selector", "namespaceSelector", "serviceAccounts"))
        if limits or (namespace and excluded):
            here = [owner for owner in here if _is_selected(owner, side, namespace)]
            here = [owner for owner in here if not (excluded and owner.selected(excluded))]
            if not here:
                return False
        elif excluded and any(owner.selected(excluded) for owner in here):
            return False
        if not matches_networks(side, address):
            return False
        named = {name for owner in here for name, number, own in owner.ports if (number, own) == (protocol, port)}
        with_ports = [side[field] for field in ("ports", "notPorts") if field in side]
        if with_ports and protocol not in {6, 17, 132}:
            return False
        matched = _has_port(side["ports"], port, named) if "ports" in side else True
        return matched and not _has_port(side.get("notPorts", ()), port, named)


def _is_selected(owner: Owner, side: Manifest, namespace: str) -> bool:
    namespaces, accounts = side.get("namespaceSelector"), side.get("serviceAccounts", {})
    if namespaces and not owner.selected(namespaces, "pcns."):
        return False
    if namespace and not namespaces and owner.labels.get(NAMESPACE) != namespace:
        return False
    if accounts.get("names") and owner.labels.get(ACCOUNT) not in accounts["names"]:
        return False
    return owner.selected(accounts.get("selector", ""), "pcsa.") and owner.selected(side.get("selector", ""))


def _has_port(ports: Iterable[int | str], port: int, named: set[str]) -> bool:
    runs = [str(one).partition(":") for one in ports if str(one)[:1].isdigit()]
    return any(int(low) <= port <= int(high or low) for low, _, high in runs) or not named.isdisjoint(ports)


def _is_refused(profile: Manifest) -> bool:
    """Whether the agent ignores the labels of a profile, because its validator refuses a rule."""
    for rule in (*profile.get("ingress", ()), *profile.get("egress", ())):
        for side in (rule.get("source", {}), rule.get("destination", {})):
            namespaces = side.get("namespaceSelector", "")
            nets = [*side.get("nets", ()), *side.get("notNets", ())]
            if "global()" in namespaces and namespaces != "global()":
                return True
            if any("/" not in net for net in nets) or "0.0.0.0/0" in side.get("notNets", ()):
                return True
    return False
