"""Overlapping IP pools in commands that write or plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.etcd_server import Etcd
from tests.support.fixture_types import ConcurrentWrite
from tests.support.manifests import policy, pool, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import key_segments, object_key, policy_key, put_object
from tests.support.tcp_proxy import TcpProxy

OUTER = pool("10.0.0.0/16")
INNER = pool("10.0.1.0/24")
MESSAGE = "ipPool/10.0.1.0/24: overlaps with ipPool/10.0.0.0/16 (delete that first, or choose another network)"


@pytest.mark.parametrize(
    "command", ["apply", "apply --force", "apply --dry-run", "create", "diff", "plan"], ids=lambda text: text
)
def test_a_new_pool_is_a_conflict_for_each_command(store: Etcd, calicoctl: Calicoctl, command: str) -> None:
    assert calicoctl("apply", "-f", "-", input=yaml.safe_dump(OUTER)).exit_code == 0
    before = store.revision()
    result = calicoctl(*command.split(), "-f", "-", input=yaml.safe_dump(INNER))
    assert (result.exit_code, store.revision()) == (5, before)
    assert MESSAGE in result.stderr


def test_a_pool_that_is_pruned_does_not_overlap(store: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("apply", "-f", "-", "--set", "net", input=yaml.safe_dump(OUTER)).exit_code == 0
    halves = yaml.safe_dump([pool("10.0.0.0/17"), pool("10.0.128.0/17")])
    result = calicoctl("apply", "-f", "-", "--set", "net", "--prune", input=halves)
    assert result.exit_code == 0, result.stderr
    assert "overlaps" not in result.stderr


def test_a_saved_plan_is_stale_if_a_pool_overlaps_now(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    plan = str(tmp_path / "change.plan")
    assert calicoctl("plan", "-f", "-", "--save", plan, input=yaml.safe_dump(INNER)).exit_code == 0
    put_object(store, object_key("clusterinformations", "other"))
    put_object(store, object_key("ippools", "other"), {"cidr": "10.0.0.0/16"})
    before = store.revision()
    result = calicoctl("apply", "--plan", plan)
    assert (result.exit_code, store.revision()) == (5, before)
    assert "the plan is stale" in result.stderr
    assert MESSAGE in result.stderr


POLICIES = [policy(f"p{number:03}", order=1) for number in range(600)]
"""With a pool, they need five transactions."""


@pytest.fixture
def apply_with_rival(
    store: Etcd, proxy: TcpProxy, calicoctl: Calicoctl, calicoctl_process: Calicoctl
) -> Callable[[Sequence[Any]], tuple[Result, Result]]:
    """Apply resources; before the transaction with the last policy, another calicoctl applies INNER."""

    def run(resources: Sequence[Any]) -> tuple[Result, Result]:
        rivals: list[Result] = []

        def apply_inner() -> None:
            rivals.append(calicoctl_process("apply", "-f", "-", input=yaml.safe_dump(INNER)))

        assert calicoctl("apply", "-f", "-", input=yaml.safe_dump(profile("a"))).exit_code == 0
        proxy.on_request(policy_key("p599").encode(), apply_inner)
        environment = {"ETCD_ENDPOINTS": proxy.endpoint}
        result = calicoctl_process("apply", "-f", "-", input=yaml.safe_dump(resources), env=environment)
        return result, rivals[0]

    return run


def test_a_pool_of_another_client_between_two_transactions_is_a_conflict(
    store: Etcd, apply_with_rival: Callable[[Sequence[Any]], tuple[Result, Result]]
) -> None:
    result, rival = apply_with_rival([*POLICIES, OUTER])
    assert (rival.exit_code, rival.stderr) == (0, "")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "ipPool/10.0.0.0/16: overlaps with ipPool/10.0.1.0/24 (delete that first" in result.stderr
    assert (key_segments(store, "ippools"), key_segments(store)) == (["10-0-1-0-24"], [])


def test_a_pool_of_the_first_transaction_is_a_conflict_for_another_client(
    store: Etcd, apply_with_rival: Callable[[Sequence[Any]], tuple[Result, Result]]
) -> None:
    result, rival = apply_with_rival([OUTER, *POLICIES])
    assert (rival.exit_code, MESSAGE in rival.stderr) == (5, True)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (key_segments(store, "ippools"), len(key_segments(store))) == (["10-0-0-0-16"], 600)


@pytest.mark.parametrize("count", [1, 126, 127])
def test_a_concurrent_pool_is_a_conflict_for_one_transaction(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]], count: int
) -> None:
    """127 writes and the guard of the lock fill a transaction, so that it has no guard of the pools."""
    calicoctl("apply", "-f", "-", input=yaml.safe_dump(profile("a")))
    concurrent_writer(
        lambda number: put_object(store, object_key("ippools", "o"), {"cidr": "10.0.0.0/16"}) if number == 1 else None
    )
    result = calicoctl("apply", "-f", "-", input=yaml.safe_dump([*POLICIES[1:count], INNER]))
    assert (result.exit_code, MESSAGE in result.stderr) == (5, True)
    assert (key_segments(store, "ippools"), key_segments(store)) == (["o"], [])


def test_a_concurrent_pool_that_does_not_overlap_is_no_conflict(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    concurrent_writer(
        lambda number: put_object(store, object_key("ippools", "o"), {"cidr": "10.1.0.0/16"}) if number == 3 else None
    )
    result = calicoctl("apply", "-f", "-", input=yaml.safe_dump([*POLICIES, INNER]))
    assert (result.exit_code, result.stderr) == (0, "")
    assert (key_segments(store, "ippools"), len(key_segments(store))) == (["10-0-1-0-24", "o"], 600)
