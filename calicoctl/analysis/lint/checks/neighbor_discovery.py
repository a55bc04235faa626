"""CAL030: host endpoints whose policy denies IPv6 neighbor discovery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.neighbor_discovery import DeniedDiscovery
from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import name_with_location
from calicoctl.analysis.model.policy_set import Endpoint, Rule


def find(context: LintContext) -> Iterator[Issue]:
    """Report host endpoints with an IPv6 address and rules that deny neighbor discovery with all other hosts."""
    for host, address_class in _ipv6_classes(context).items():
        denied = context.reachability.denied_discovery_of(address_class)
        if denied and host.origin:
            yield Issue(host.origin, (), _message(denied))


def _ipv6_classes(context: LintContext) -> dict[Endpoint, AddressClass]:
    """Return a class of each host endpoint with a known IPv6 address and rules."""
    return {
        member.endpoint: address_class
        for address_class in context.reachability.classes
        if address_class.version == 6 and _has_rules(context, address_class)
        for member in address_class.members
        if member.endpoint.host and member.endpoint.addresses
    }


def _has_rules(context: LintContext, address_class: AddressClass) -> bool:
    """Return whether policies or profiles with rules apply; CAL011 reports endpoints without."""
    policies, profiles = address_class.effective_policies, context.policy_set.profiles
    return policies is not None and bool(
        policies.policies or any(profiles[name].has_rules for name in policies.profiles if name in profiles)
    )


def _message(denied: Sequence[DeniedDiscovery]) -> str:
    parts = ", ".join(f"{each.direction} of type {each.type}" for each in denied)
    rule = next((each.match.matched_by for each in denied if isinstance(each.match.matched_by, Rule)), None)
    return (
        f"IPv6 neighbor discovery is denied ({parts}){f' by {name_with_location(rule)}' if rule else ''}: "
        "no IPv6 traffic passes the interface (allow icmpv6 types 135 and 136 in both directions)"
    )
