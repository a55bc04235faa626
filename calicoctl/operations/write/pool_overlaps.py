"""Overlap check of IP pools: a new pool that overlaps with another one is a conflict, a stored one is warned about.

The client of Calico 3 refuses such a new pool as well, disabled or not (libcalico-go lib/clientv3/ippool.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from calicoctl.datastore import Guard, Range
from calicoctl.errors import NO_POSITION, Problem
from calicoctl.kinds.ip_pool import IP_POOL
from calicoctl.kinds.values.networks import IpNetwork, overlapping_pairs, parse_network
from calicoctl.name_list import join_limited
from calicoctl.operations.read.lookup import StoreView
from calicoctl.operations.write.outcome import Action, Outcome
from calicoctl.operations.write.plan import WritePlan, view_after_writes

_CHECKED_ACTIONS = frozenset({Action.CREATED, Action.CONFIGURED, Action.REPLACED, Action.UNCHANGED})
_MAX_LISTED_POOLS = 3


def check_pool_overlaps(plan: WritePlan, view: StoreView, revision: int) -> WritePlan:
    """Return the plan with conflicts and warnings for overlapping IP pools, and a guard against concurrent new pools.

    New pools of an export that overlap with each other only are warned about, because they did so before.

    Args:
        plan: the plan. A pool that it deletes overlaps with nothing.
        view: contents of the datastore, with all IP pools if the plan writes one.
        revision: revision of `view`.
    """
    outcomes = {outcome.key: outcome for outcome in plan.outcomes if _is_checked(outcome)}
    if not outcomes:
        return plan
    new_keys = {key for key in outcomes if view.entry(key) is None}
    restored = set(plan.restored_keys)
    conflicts, warnings = [], []
    for key, others in _overlaps(list(outcomes), new_keys, view_after_writes(view, plan.writes)).items():
        is_conflict = key in new_keys and not (key in restored and all(other in restored for other, _ in others))
        overlap = f"overlaps with {join_limited([name for _, name in others], _MAX_LISTED_POOLS)}"
        if is_conflict:
            conflicts.append(_problem(outcomes[key], f"{overlap} (delete that first, or choose another network)"))
        else:
            warnings.append(_problem(outcomes[key], f"{overlap}: the settings of both apply to common addresses"))
    guards = (Guard(IP_POOL.stored_kind.prefix, revision, prefix=True),) if new_keys else ()
    return plan._replace(
        conflicts=(*plan.conflicts, *conflicts),
        warnings=(*plan.warnings, *warnings),
        reference_guards=(*plan.reference_guards, *guards),
    )


def pool_ranges(outcomes: Iterable[Outcome]) -> tuple[Range, ...]:
    """Return the range of all IP pools if a pool is written; else nothing."""
    return (Range(IP_POOL.stored_kind.prefix, prefix=True),) if any(map(_is_checked, outcomes)) else ()


def _is_checked(outcome: Outcome) -> bool:
    return outcome.key.startswith(IP_POOL.stored_kind.prefix) and outcome.action in _CHECKED_ACTIONS


def _overlaps(keys: list[str], new_keys: set[str], view_after: StoreView) -> dict[str, list[tuple[str, str]]]:
    """Return the keys and names of overlapping pools by the key of the pool to report.

    Of two pools, a new one is reported; of two new ones, the later one.
    """
    priority = {key: (key in new_keys, index) for index, key in enumerate(keys)}
    overlaps: dict[str, list[tuple[str, str]]] = {}
    for pair in overlapping_pairs(_pools(view_after)):
        written = [pool for pool in pair if pool[0] in priority]
        if written and pair[0][1] != pair[1][1]:  # planners warn about a pool that is stored twice
            reported = max(written, key=lambda pool: priority[pool[0]])
            other = pair[0] if reported is pair[1] else pair[1]
            overlaps.setdefault(reported[0], []).append(other)
    return {key: overlaps[key] for key in keys if key in overlaps}


def _pools(view: StoreView) -> Iterator[tuple[IpNetwork, tuple[str, str]]]:
    """Yield the network, the key and the name of each pool. Calico ignores pools with an invalid network."""
    for pool in view.entries_of_kind(IP_POOL):
        if pool.resource:
            try:
                network = parse_network(pool.resource.metadata.get("cidr", "")).network
            except ValueError:
                continue
            yield network, (pool.entry.key, str(pool.resource.identifier))


def _problem(outcome: Outcome, message: str) -> Problem:
    return Problem(outcome.position or NO_POSITION, str(outcome.identifier), "", message)
