"""CAL022: IP pools with common addresses."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import source_with_location
from calicoctl.kinds.values.networks import overlapping_pairs


def find(context: LintContext) -> Iterator[Issue]:
    """Report each IP pool within another one, once."""
    pools = context.input_policy_set.pools
    # The smallest of several larger pools is the last one.
    larger_pools = {pool: larger for larger, pool in overlapping_pairs((pool.network, pool) for pool in pools)}
    for pool, larger in larger_pools.items():
        message = f"overlaps with {source_with_location(larger.origin)}: calicoctl refuses such a pool if it is new"
        yield Issue(pool.origin, ("metadata", "cidr"), message)
