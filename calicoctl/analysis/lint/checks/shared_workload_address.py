"""CAL027: workload addresses that another endpoint has."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import source_with_location


def find(context: LintContext) -> Iterator[Issue]:
    """Report workloads with an address of another endpoint: of a host, or of an earlier workload."""
    for address, endpoints in context.input_policy_set.endpoints_by_address.items():
        if len(endpoints) == 1:
            continue
        hosts_first = sorted(dict.fromkeys(endpoints), key=lambda endpoint: not endpoint.host)
        first, *others = [(endpoint.origin, endpoint.host) for endpoint in hosts_first if endpoint.origin]
        for origin, host in others:
            if not host:
                message = f"{address} is also an address of {source_with_location(first[0])}"
                yield Issue(origin, ("spec", "ipNetworks"), message)
