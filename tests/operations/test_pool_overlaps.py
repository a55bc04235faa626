"""Overlapping IP pools in commands that write or plan, and lint of pools and nodes in the datastore."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, node, pool, workload_endpoint
from tests.support.runner import Calicoctl
from tests.support.stored_objects import object_key, put_object

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
    assert calicoctl("plan", "-f", "-", "-o", plan, input=yaml.safe_dump(INNER)).exit_code == 0
    put_object(store, object_key("clusterinformations", "other"))
    put_object(store, object_key("ippools", "other"), {"cidr": "10.0.0.0/16"})
    before = store.revision()
    result = calicoctl("apply", "--plan", plan)
    assert (result.exit_code, store.revision()) == (5, before)
    assert "the plan is stale" in result.stderr
    assert MESSAGE in result.stderr


def test_lint_reads_pools_and_nodes_of_the_datastore(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    resources = [
        OUTER,
        node("host1", bgp={"ipv4Address": "192.0.2.1/24"}),
        node("host2", bgp={"ipv4Address": "192.0.2.1/24"}),
        host_endpoint("hots1", "eth0", interfaceName="eth0"),
        workload_endpoint("host1", "libnetwork", "libnetwork", "a", ipNetworks=["10.1.0.1"]),
    ]
    applied = calicoctl("apply", "-f", "-", input=yaml.safe_dump(resources))
    assert applied.exit_code == 0, applied.stderr
    put_object(store, object_key("ippools", "inner"), {"cidr": "10.0.1.0/24"})
    found = {(each["code"], each["name"]) for each in json.loads(calicoctl("lint", "-o", "json").stdout)}
    expected = {("CAL022", "10.0.1.0/24"), ("CAL024", "host2"), ("CAL026", "hots1/eth0")}
    assert {each for each in found if each[0] not in {"CAL011", "CAL023"}} == expected
    assert "CAL023" in {code for code, _ in found}

    manifest = tmp_path / "change.yaml"
    manifest.write_text(yaml.safe_dump([pool("10.1.0.0/16"), node("host2", bgp={"ipv4Address": "192.0.2.2/24"})]))
    result = calicoctl("lint", "-f", str(manifest), "--with-datastore", "-o", "json")
    assert {each["code"] for each in json.loads(result.stdout)} - {"CAL011"} == {"CAL022", "CAL026"}
