"""Random v1 policy sets, small and dense: their rules overlap and shadow each other."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from calicoctl.kinds import find_kind

Manifest = dict[str, Any]

_SELECTORS = (
    *("role == 'web'", "role == 'db'", "role != 'db'", "has(role)", "!has(role)", "all()", "env in {'a', 'b'}"),
    *("env not in {'a'}", "role == 'web' && env == 'a'", "role == 'db' || env == 'b'", "!(role == 'web' || has(t1))"),
    *("t1 == ''", "has(t2) && role in {'db', 'web'}"),
)
_NETS = {
    4: ("10.0.0.0/24", "10.0.0.0/30", "10.0.0.2/32", "0.0.0.0/0", "192.0.2.0/31"),
    6: ("fd00::/64", "fd00::2/128", "fd00::/126", "::/0"),
}
_PORTS: tuple[int | str, ...] = (80, "80:90", "1:65535", 65535, "85:90", "0:79")
_ACTIONS = ("allow", "allow", "allow", "deny", "deny", "pass", "log")
_PROFILES = ("p", "P_2", "a/b", "P.3")
"""Names: some differ in the datastore and sort differently there."""
_POLICIES = ("a", "b", "B_", "c.d", "Z")


def random_policy_set(random: Random, *, edge_cases: bool = False, hosts: bool = True) -> list[Manifest]:
    """Return manifests of up to three profiles, three policies and three endpoints.

    Args:
        random: source of randomness.
        hosts: whether some endpoints are host endpoints: on a node with one, several rules decide on a packet.
        edge_cases: whether endpoints may share an address, have no IPv4 address, or use a missing profile.
    """
    profiles = [_profile(random, name) for name in random.sample(_PROFILES, random.choice([0, 1, 1, 2, 2, 3]))]
    names = [profile["metadata"]["name"] for profile in profiles]
    policies = [_policy(random, name) for name in random.sample(_POLICIES, random.randint(0, 3))]
    endpoints = [_endpoint(random, number, names, edge_cases, hosts) for number in range(random.randint(1, 3))]
    return [*profiles, *policies, *sorted(endpoints, key=lambda endpoint: str(endpoint["kind"]), reverse=True)]


def random_redundant_policy_set(random: Random) -> list[Manifest]:
    """Return manifests as `random_policy_set`, with many rules that match all packets, and duplicates of rules."""
    manifests = random_policy_set(random, edge_cases=True)
    for manifest in manifests:
        if manifest["kind"] == "policy" and random.random() < 0.5:
            manifest["spec"]["selector"] = "all()"
        for direction in ("ingress", "egress"):
            rules = manifest["spec"].get(direction, [])
            for number, rule in enumerate(rules):
                if random.random() < 0.4:
                    rules[number] = {"action": rule["action"], "source": {}, "destination": {}}
            if rules and random.random() < 0.3:
                rules.insert(random.randint(0, len(rules)), random.choice(rules).copy())
    return [manifest for manifest in manifests if _valid(manifest)]


def random_node_set(random: Random) -> list[Manifest]:
    """Return manifests of two nodes with host endpoints and of workloads that allow most traffic.

    Most policies are those of host endpoints: the decision depends on the interface of the node.
    """
    rules = {direction: [{"action": "allow", "source": {}, "destination": {}}] for direction in ("ingress", "egress")}
    profile = {"kind": "profile", "metadata": {"name": "open"}, "spec": rules}
    policies = [random_host_policy(random, name) for name in random.sample(_POLICIES, random.randint(1, 3))]
    endpoints = [_endpoint(random, number, ["open"], edge_cases=False, hosts=False) for number in range(5)]
    for number, endpoint in enumerate(endpoints):
        endpoint["metadata"]["node"] = "m" if number in {1, 4} else "n"
        endpoint["spec"]["profiles"] = ["open"]
        if number > 1:
            endpoint["kind"] = "hostEndpoint"
            endpoint["spec"]["expectedIPs"] = endpoint["spec"].pop("ipNetworks")
            endpoint["spec"]["interfaceName"] = random.choice(["eth0", "eth1", "eth1", "", "*"])
            endpoint["metadata"] = {key: endpoint["metadata"][key] for key in ("name", "node", "labels")}
    return [profile, *policies, *sorted(endpoints, key=lambda endpoint: str(endpoint["kind"]), reverse=True)]


def random_host_policy(random: Random, name: str) -> Manifest:
    """Return a policy that applies to forwarded traffic of host endpoints, or before connection tracking or DNAT."""
    while True:
        policy = _policy(random, name)
        if policy["spec"].get("doNotTrack") or policy["spec"].get("preDNAT") or policy.get("applyOnForward"):
            return policy


def _valid(manifest: Manifest) -> bool:
    kind = find_kind(manifest["kind"])
    return kind is not None and not list(kind.check(manifest))


def _profile(random: Random, name: str) -> Manifest:
    tags = random.sample(["t1", "t2"], random.randint(0, 2))
    metadata = {"name": name, "labels": _labels(random), "tags": tags}
    spec = {direction: list(_rules(random)) for direction in ("ingress", "egress")}
    return {"kind": "profile", "metadata": metadata, "spec": spec}


def _policy(random: Random, name: str) -> Manifest:
    spec: Manifest = {"selector": random.choice(_SELECTORS)}
    spec |= {direction: list(_rules(random)) for direction in ("ingress", "egress") if random.random() < 0.7}
    if random.random() < 0.7:
        spec["order"] = random.choice([0, 1, 1, 2.5, -3])
    if random.random() < 0.2:
        spec["types"] = random.choice([["ingress"], ["egress"], ["ingress", "egress"]])
    if random.random() < 0.3:
        spec[random.choice(["doNotTrack", "preDNAT"])] = True
    manifest: Manifest = {"kind": "policy", "metadata": {"name": name}, "spec": spec}
    if random.random() < 0.3:
        manifest["applyOnForward"] = True
    return manifest if _valid(manifest) else _policy(random, name)


def _endpoint(random: Random, number: int, profiles: list[str], edge_cases: bool, hosts: bool) -> Manifest:
    host = hosts and random.random() < 0.3
    names = random.sample(profiles, random.randint(0, len(profiles)))
    if edge_cases and random.random() < 0.05:
        names.insert(random.randint(0, len(names)), "gone")
    spec = {"interfaceName": f"cali{number}", "profiles": names}
    spec["expectedIPs" if host else "ipNetworks"] = _addresses(random, number, edge_cases)
    metadata = {"name": f"e{number}", "node": "n", "labels": _labels(random) if random.random() < 0.5 else {}}
    if host:
        spec["interfaceName"] = random.choice([f"cali{number}", f"cali{number}", "eth0", "*", ""])
    if random.random() < 0.3:
        metadata["node"] = "m"
    if not host:
        metadata |= {"orchestrator": "libnetwork", "workload": "libnetwork"}
    return {"kind": "hostEndpoint" if host else "workloadEndpoint", "metadata": metadata, "spec": spec}


def _addresses(random: Random, number: int, edge_cases: bool) -> list[str]:
    last = 1 if edge_cases and random.random() < 0.1 else number + 1
    versions = random.choice([(4,), (4,), (4, 6), (6,)] if edge_cases else [(4,), (4,), (4, 6)])
    return [f"10.0.0.{last}" if version == 4 else f"fd00::{last}" for version in versions]


def _labels(random: Random) -> dict[str, str]:
    return {
        key: random.choice(values) for key, values in (("role", ["web", "db"]), ("env", "ab")) if random.random() < 0.6
    }


def _rules(random: Random) -> Iterator[Manifest]:
    for _ in range(random.randint(0, 3)):
        rule = _rule(random)
        while not _valid({"kind": "profile", "metadata": {"name": "p"}, "spec": {"ingress": [rule]}}):
            rule = _rule(random)
        yield rule


def _rule(random: Random) -> Manifest:
    rule: Manifest = {"action": random.choice(_ACTIONS)}
    kind = random.random()
    if kind < 0.4:
        rule["protocol"] = random.choice(["tcp", "tcp", "udp", 6, 17, 47, "sctp"])
    elif kind < 0.6:
        rule["protocol"] = random.choice(["icmp", "icmpv6"])
        if random.random() < 0.7:
            numbers = random.choice([{"type": 8}, {"type": 8, "code": 0}, {"type": 0}, {"type": 3, "code": 255}])
            rule[random.choice(["icmp", "notICMP"])] = numbers
    elif kind < 0.7:
        rule["notProtocol"] = random.choice(["tcp", "icmp", 47, 58])
    if random.random() < 0.1:
        rule["ipVersion"] = random.choice([4, 6])
    version = random.choice([4, 6])
    for side in ("source", "destination"):
        rule[side] = dict(_side(random, version, rule.get("protocol") in ("tcp", "udp", 6, 17), side == "destination"))
    return rule


def _side(random: Random, version: int, ports: bool, is_destination: bool) -> Iterator[tuple[str, Any]]:
    chances = (
        ("selector", 0.3, lambda: random.choice(_SELECTORS)),
        ("notSelector", 0.1, lambda: random.choice(_SELECTORS)),
        ("tag", 0.07, lambda: random.choice(["t1", "t2"])),
        ("notTag", 0.07, lambda: random.choice(["t1", "t2"])),
        ("nets", 0.15, lambda: random.sample(_NETS[version], random.randint(1, 2))),
        ("notNets", 0.1, lambda: random.sample(_NETS[version], random.randint(1, 2))),
        ("ports", (0.5 if is_destination else 0.1) * ports, lambda: random.sample(_PORTS, random.randint(1, 2))),
        ("notPorts", (0.2 if is_destination else 0.1) * ports, lambda: random.sample(_PORTS, 1)),
    )
    for field, chance, make in chances:
        if random.random() < chance:
            yield field, make()
