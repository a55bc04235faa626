"""CAL030: host endpoints whose policy denies IPv6 neighbor discovery."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import source_with_location
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Endpoint, Rule
from calicoctl.analysis.sets.services import ServiceSet, services_of_protocol
from calicoctl.kinds.values.protocols import ICMPV6

_TYPES = (135, 136)
"""ICMPv6 types of neighbor solicitation and neighbor advertisement (RFC 4861)."""


def find(context: LintContext) -> Iterator[Issue]:
    """Report host endpoints with IPv6 that deny neighbor discovery with all other hosts.

    Linux marks these packets as untracked, so no connection state accepts them, and the agent accepts them only from
    workloads (Felix rules/static.go). Without them, no IPv6 packet passes the interface, forwarded ones included.
    """
    remote = sum(1 << each.index for each in context.reachability.classes if each.is_external and each.version == 6)
    for host, address_class in _ipv6_classes(context).items():
        denied = [
            (direction, kind, rule)
            for direction in DIRECTIONS
            for kind in _TYPES
            for rule in _denying_rules(context, address_class, direction, kind, remote)
        ]
        if denied and host.origin:
            yield Issue(host.origin, (), _message(denied))


def _ipv6_classes(context: LintContext) -> dict[Endpoint, AddressClass]:
    """Return a class of each host endpoint with a known IPv6 address to which policy or a profile applies."""
    return {
        member.endpoint: address_class
        for address_class in context.reachability.classes
        for member in address_class.members
        if member.endpoint.host and member.endpoint.addresses and address_class.version == 6
        if address_class.effective_policies and _is_intended(context, address_class)
    }


def _is_intended(context: LintContext, address_class: AddressClass) -> bool:
    """Return whether rules exist for the host endpoint; CAL011 reports endpoints without any."""
    policies = address_class.effective_policies
    profiles = context.policy_set.profiles
    return policies is not None and bool(
        policies.policies or any(profiles[name].has_rules for name in policies.profiles if name in profiles)
    )


def _denying_rules(
    context: LintContext, address_class: AddressClass, direction: Direction, kind: int, remote: int
) -> Iterator[Rule | None]:
    """Yield what denies an ICMPv6 type with all external addresses: a rule, or None for a default."""
    services: ServiceSet = services_of_protocol(ICMPV6, (kind, kind + 1), (0, 1))
    denying = [
        match
        for match in context.reachability.decision(address_class, direction).matches
        if match.action == "deny" and match.peers & remote and match.services & services
    ]
    peers = 0
    for match in denying:
        peers |= match.peers & remote
    if denying and peers == remote:
        decider = denying[0].matched_by
        yield decider if isinstance(decider, Rule) else None


def _message(denied: list[tuple[Direction, int, Rule | None]]) -> str:
    parts = [f"{direction} of type {kind}" for direction, kind, _ in denied]
    rule = next((rule for _, _, rule in denied if rule), None)
    by = f" by {source_with_location(rule.origin)}" if rule else ""
    return (
        f"IPv6 neighbor discovery is denied ({', '.join(parts)}){by}: no IPv6 traffic passes the interface "
        "(allow icmpv6 types 135 and 136 in both directions)"
    )
