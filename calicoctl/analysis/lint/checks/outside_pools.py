"""CAL023: addresses of workloads outside of all IP pools."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.cluster import AddressPool
from calicoctl.analysis.sets import intervals


def find(context: LintContext) -> Iterator[Issue]:
    """Report workload addresses outside of all IP pools of their IP version; without such a pool, none."""
    pools = context.input_policy_set.pools
    covered = {version: intervals.union(_ranges(pools, version)) for version in (4, 6)}
    for endpoint in context.input_policy_set.endpoints:
        if endpoint.host or not endpoint.origin:
            continue
        for address in endpoint.addresses or ():
            pool_addresses = covered[address.version]
            if pool_addresses and not intervals.contains(pool_addresses, address.value):
                message = f"{address} is in no IP pool: BIRD does not advertise it to other hosts"
                yield Issue(endpoint.origin, ("spec", "ipNetworks"), message)


def _ranges(pools: tuple[AddressPool, ...], version: int) -> Iterator[tuple[int, int]]:
    for pool in pools:
        if pool.network.version == version:
            start = int(pool.network.network_address)
            yield start, start + pool.network.num_addresses
