"""IPv6 neighbor discovery is the same without the rules and policies that lint reports as removable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from calicoctl.analysis import PolicySet, Reachability
from calicoctl.analysis.lint import lint
from calicoctl.analysis.lint.facts.context import LintContext
from tests.properties.analysis.lint.test_lint_properties import without_rules
from tests.support.manifests import host_endpoint, policy, workload_endpoint
from tests.support.policies import policy_set_from

NETWORKS = (*["fd00::9/128"] * 3, "ff02::/16", "ff02::1:ff00:0/104", "fd00::/64", "::/0", "fd00::9/128")


def random_discovery_set(random: Random) -> list[dict[str, Any]]:
    """Return host endpoints with policies of ICMPv6, on nodes with workloads."""
    policies = [
        policy(
            name,
            selector="all()",
            order=order,
            doNotTrack=random.random() < 0.2,
            **{direction: [*random_rules(random)] for direction in ("ingress", "egress")},
        )
        for order, name in enumerate("ab")
    ]
    address = random.choice([["192.0.2.9", "fd00::9"], ["192.0.2.9"], []])
    hosts = [
        host_endpoint("n", "eth0", interfaceName="eth0", expectedIPs=address),
        host_endpoint("n", "eth1", interfaceName="eth1", expectedIPs=["fd01::9"]),
    ]
    hosts = hosts[: random.choice([1, 2])]
    return [*policies, *hosts, workload_endpoint("n", "k8s", "w", "eth0", ipNetworks=["fd02::1"])]


def random_rules(random: Random) -> Iterator[dict[str, Any]]:
    for _ in range(random.randint(1, 3)):
        rule: dict[str, Any] = {"action": random.choice(["allow", "allow", "deny"])}
        kind = random.random()
        if kind < 0.8:
            rule["protocol"] = random.choice(["icmpv6", "icmpv6", "tcp"])
        if rule.get("protocol") == "icmpv6" and random.random() < 0.7:
            rule["icmp"] = {"type": random.choice([135, 136])}
        if random.random() < 0.5:
            rule[random.choice(["source", "destination"])] = {"nets": [random.choice(NETWORKS)]}
        yield rule


def denied_messages(policy_set: PolicySet) -> list[Any]:
    """Return the messages that each interface denies, with their possible own ends."""
    reachability = Reachability(policy_set)
    return [
        (interface.name, {(message.direction, message.type) for message in reachability.denied_discovery(interface)})
        for node in policy_set.host_nodes.values()
        for interface in node.interfaces
    ]


def test_removals_keep_neighbor_discovery() -> None:
    counts = {"dead": 0, "rules": 0, "policies": 0}
    needed = 0
    for seed in range(400):
        context = LintContext(policy_set_from(random_discovery_set(Random(seed))))  # noqa: S311  # not a secret
        removable, before = context.removable, denied_messages(context.policy_set)
        for name in counts:
            counts[name] += len(getattr(removable, name))
        items = [
            *((rule, ()) for rule in (*removable.dead, *removable.rules)),
            *((None, (each,)) for each in removable.policies),
        ]
        for rule, policies in items:
            changed = without_rules(context.policy_set, [rule] if rule else (), policies)
            assert denied_messages(changed) == before, f"seed {seed}: {rule or policies}"
        everything = without_rules(context.policy_set, (*removable.dead, *removable.rules), removable.policies)
        assert denied_messages(everything) == before, f"seed {seed}"
        kept = [rule for _, rule in context.rules if rule not in {*removable.dead, *removable.rules}]
        needed += sum(rule not in context.cases.matches_by_rule for rule in kept)
    assert min(counts.values()) > 5, counts
    assert needed > 10


def test_a_rule_for_solicitations_only_is_not_reported() -> None:
    """They are sent to multicast addresses, which no endpoint has."""
    rule = {"action": "allow", "protocol": "icmpv6", "icmp": {"type": 135}, "destination": {"nets": ["ff02::/16"]}}
    host = host_endpoint("n", "eth0", interfaceName="eth0", expectedIPs=["fd00::9"])
    rules: dict[str, Any] = {
        "ingress": [rule, {"action": "allow", "destination": {"nets": ["fd00::9/128"]}}],
        "egress": [{"action": "allow"}],
    }
    policy_set = policy_set_from([policy("p", selector="all()", **rules), host])
    codes = {check.code for check, _ in lint(policy_set)}
    assert not codes & {"CAL001", "CAL002", "CAL003", "CAL008", "CAL018", "CAL030"}
    tcp = {**rule, "protocol": "tcp"}
    del tcp["icmp"]
    other = policy_set_from([policy("p", selector="all()", **{**rules, "ingress": [tcp, *rules["ingress"]]}), host])
    assert len([check for check, _ in lint(other) if check.code in {"CAL001", "CAL002", "CAL008"}]) == 1
    assert not Reachability(replace(policy_set, neighbor_discovery=True)).denied_discovery(
        next(iter(policy_set.host_nodes.values())).interfaces[0]
    )
