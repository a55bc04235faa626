"""CAL014: untracked and preDNAT policies that select only endpoints for which the agent ignores them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.host_interface import ALL_INTERFACES
from calicoctl.analysis.model.policy_set import Endpoint, Policy


def find(context: LintContext) -> Iterator[Issue]:
    """Report policies with doNotTrack or preDNAT that select only workloads.

    Felix also ignores untracked policy of a host endpoint for all interfaces (dataplane/linux/endpoint_mgr.go).
    """
    selected: dict[Policy, list[Endpoint]] = {}
    for endpoint_class, endpoints in context.endpoints_by_class.items():
        for policy in endpoint_class.effective_policies.policies:
            if not policy.is_normal:
                selected.setdefault(policy, []).extend(endpoint for endpoint in endpoints if endpoint.origin)
    for policy, endpoints in selected.items():
        if endpoints and not any(endpoint.host for endpoint in endpoints):
            field = "doNotTrack" if policy.untracked else "preDNAT"
            workloads = (
                f"{endpoints[0].name} is a workload"
                if len(endpoints) == 1
                else f"all {len(endpoints)} selected endpoints are workloads"
            )
            message = f"has no effect: the policy is for host endpoints only, and {workloads}"
            yield Issue(policy.origin, ("spec", field), message)
    yield from _ignored_for_all_interfaces(context, selected)


def _ignored_for_all_interfaces(context: LintContext, selected: Mapping[Policy, Iterable[Endpoint]]) -> Iterator[Issue]:
    """Yield untracked policies that select a host endpoint for all interfaces, and no other host endpoint."""
    hosts = [host for node in context.policy_set.host_nodes.values() for host in node.hosts]
    defaults = [host for host in hosts if host.interface_name == ALL_INTERFACES]
    for policy in context.policy_set.policies if defaults else ():
        if policy.untracked and not any(endpoint.host for endpoint in selected.get(policy, ())):
            matched = (host for host in defaults if policy.selector.matches(context.policy_set.labels_of(host)))
            if host := next(matched, None):
                message = f"has no effect: the agent ignores it for {host.name}, which is for all interfaces"
                yield Issue(policy.origin, ("spec", "doNotTrack"), message)
