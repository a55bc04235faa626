"""CAL036: policy for host endpoints that also denies traffic of workloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.node_traffic import NodeMatch
from calicoctl.analysis.model.host_interface import HostNode
from calicoctl.analysis.model.policy_set import Policy, PolicySource
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.bitsets import add_bits
from calicoctl.analysis.sets.services import ServiceSet, union_all
from calicoctl.resource import FieldPath, Identifier

_WITHIN_NODE: Final = (
    "also denies {} between workloads of the node, such as {}: {} is for all interfaces, also those of workloads "
    "(name the interface of the host endpoint)"
)
_FORWARDED: Final = (
    "also denies {} to workloads, such as {}, whose own policy allows it: {} policy is also for forwarded packets "
    "(limit the destination to the addresses of the host)"
)


class _Place(NamedTuple):
    """Place of a finding."""

    origin: PolicySource
    path: FieldPath
    is_within_node: bool


def find(context: LintContext) -> Iterator[Issue]:
    """Report policies of host endpoints that deny traffic which the policies of workloads allow.

    Untracked and preDNAT policy of an interface decides on all packets that enter by it. The host endpoint `*` is for
    the interfaces of workloads as well (Felix rules/dispatch.go).
    """
    policies = {policy.identifier: policy for policy in context.policy_set.policies}
    denied = [each for each in context.node_matches if not each.place.is_host and each.match.action == "deny"]
    workloads: dict[HostNode, int] = {}
    for each in denied:
        add_bits(workloads, each.place.node, 1 << each.address_class.index)
    found: dict[_Place, tuple[NodeMatch, list[ServiceSet]]] = {}
    for each in denied:
        place = _place_of(each, policies, workloads[each.place.node])
        if place and (services := _allowed_by_workload(context, each)):
            found.setdefault(place, (each, []))[1].append(services)
    for place, (first, parts) in found.items():
        services_text, name = (
            service_text.format_services(union_all(parts)),
            first.address_class.members[0].endpoint.name,
        )
        default = first.place.node.default
        if place.is_within_node and default:
            message = _WITHIN_NODE.format(services_text, name, default.name)
        else:
            kind = "untracked" if place.origin.identifier in context.untracked_policies else "preDNAT"
            message = _FORWARDED.format(services_text, name, kind)
        yield Issue(place.origin, place.path, message)


def _place_of(node_match: NodeMatch, policies: Mapping[Identifier, Policy], workloads: int) -> _Place | None:
    """Return the place of a finding for a denied match; None if the denial is intended for workloads.

    Args:
        node_match: the match.
        policies: all policies.
        workloads: classes of the workloads of the node with denied traffic.
    """
    rule, default = node_match.match.matched_by, node_match.place.node.default
    is_within_node = bool(default and node_match.match.peers & workloads)
    if isinstance(rule, DefaultDecision):
        origin = default.origin if default and is_within_node and rule is DefaultDecision.FORWARD else None
        return _Place(origin, (), True) if origin else None
    policy = policies.get(rule.owner)
    if policy is None or not rule.destination.any_address:
        return None
    if is_within_node and (policy.pre_dnat or policy.applies_on_forward):
        return _Place(rule.origin, rule.path, True)
    is_request = rule.direction == node_match.direction == "ingress"
    return _Place(rule.origin, rule.path, False) if is_request and not policy.is_normal else None


def _allowed_by_workload(context: LintContext, node_match: NodeMatch) -> ServiceSet:
    """Return the services of a match that the own policy of the workload allows from some of the peers."""
    own = context.reachability.own_decision(node_match.address_class, node_match.direction)
    allowed = union_all(services for peers, services in own.allowed.items() if peers & node_match.match.peers)
    return allowed & node_match.match.services
