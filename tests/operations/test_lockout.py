"""What the guard against locking oneself out rests on stays as it is until all is written, or is judged again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.fixture_types import ConcurrentWrite
from tests.support.manifests import host_endpoint, manifest, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import object_key, policy_key, profile_key, put_object

SSH = {"action": "allow", "protocol": "tcp", "destination": {"ports": [22]}}


V3_SSH = {"action": "Allow", "protocol": "TCP", "destination": {"ports": [22]}}


HOSTS = "has(host)"


HOST = host_endpoint("n", "eth0", {"host": "yes"}, expectedIPs=["10.1.0.1"])


HOST_KEY = object_key("hostendpoints", "n.eth0")


OTHER_HOSTS = policy("elsewhere", selector="zone == 'edge'", order=-5, ingress=[{"action": "deny"}])


@pytest.fixture
def guarded_host(store: Etcd, calicoctl: Calicoctl) -> None:
    """A host that two policies let in to."""
    ssh = [policy(name, selector=HOSTS, order=number, ingress=[SSH]) for number, name in enumerate(("one", "two"))]
    assert calicoctl("apply", "-f", "-", input=manifest(*ssh, HOST)).exit_code == 0


def under_other_name(store: Etcd) -> None:
    spec = {"node": "n", "interfaceName": "eth0", "expectedIPs": ["10.1.0.1"]}
    put_object(store, HOST_KEY, spec, labels={"host": "yes", "zone": "edge"}, name="n.eth0")


@pytest.mark.parametrize("transactions", [1, 3])
@pytest.mark.parametrize(
    ("written", "change", "says"),
    [
        ([policy("one", selector=HOSTS, ingress=[])], lambda store: store.delete(policy_key("two")), "tcp/22"),
        ([policy("one", selector=HOSTS, ingress=[SSH])], lambda store: None, ""),
        ([OTHER_HOSTS], under_other_name, "policy/elsewhere: spec.ingress[0]"),
        ([OTHER_HOSTS], lambda store: None, ""),
    ],
)
def test_a_concurrent_change_that_causes_a_lockout_is_handled(
    store: Etcd,
    guarded_host: None,
    calicoctl: Calicoctl,
    concurrent_writer: Callable[[ConcurrentWrite], list[int]],
    written: Sequence[dict[str, Any]],
    change: Callable[[Etcd], object],
    says: str,
    transactions: int,
) -> None:
    concurrent_writer(lambda number: change(store) if number == transactions else None)
    others = [policy(f"other{number}", selector="a == 'b'") for number in range(130 * (transactions - 1))]
    result = calicoctl("apply", "-f", "-", input=manifest(*written, *others))
    assert result.exit_code == (8 if says else 0)
    assert says in result.stderr
    assert (store.get(policy_key("other0")) is not None) == (transactions > 1 and not says)


def test_a_host_endpoint_created_concurrently_is_handled(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    """It is new to the second try as it was to the rival; what was let in before it came can't be known."""
    commits = concurrent_writer(lambda number: under_other_name(store) if number == 1 else None)
    assert calicoctl("apply", "-f", "-", input=manifest(OTHER_HOSTS)).exit_code == 0
    assert len(commits) == 2


def test_what_does_not_concern_hosts_is_not_held_up_by_other_policies(
    store: Etcd, guarded_host: None, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    commits = concurrent_writer(lambda number: put_object(store, policy_key(f"p{number}"), {"selector": "a == 'b'"}))
    assert calicoctl("apply", "-f", "-", input=manifest(OTHER_HOSTS)).exit_code == 0
    assert len(commits) == 1


def test_a_plan_is_checked_again_after_a_concurrent_change(
    store: Etcd,
    guarded_host: None,
    calicoctl: Calicoctl,
    concurrent_writer: Callable[[ConcurrentWrite], list[int]],
    tmp_path: Path,
) -> None:
    kept = str(tmp_path / "kept.plan")
    other = manifest(policy("one", selector=HOSTS, ingress=[]))
    assert calicoctl("plan", "--save", kept, "-f", "-", input=other).exit_code == 0
    commits = concurrent_writer(lambda number: store.delete(policy_key("two")))
    result = calicoctl("apply", "--plan", kept)
    assert (result.exit_code, len(commits)) == (8, 1)
    assert "no longer be reached on tcp/22" in result.stderr


def test_a_profile_that_a_host_names_is_guarded(
    store: Etcd, calicoctl: Calicoctl, concurrent_writer: Callable[[ConcurrentWrite], list[int]]
) -> None:
    """Its labels decide which policies are about the host."""
    host = host_endpoint("n", "eth0", expectedIPs=["10.1.0.1"], profiles=["hosts"])
    assert calicoctl("apply", "-f", "-", input=manifest(profile("hosts", ingress=[SSH]), host)).exit_code == 0
    spec = {"ingress": [V3_SSH], "labelsToApply": {"zone": "edge"}}
    concurrent_writer(lambda number: put_object(store, profile_key("hosts"), spec) if number == 1 else None)
    result = calicoctl("apply", "-f", "-", input=manifest(OTHER_HOSTS))
    assert (result.exit_code, "policy/elsewhere: spec.ingress[0]" in result.stderr) == (8, True)


def test_unreadable_entries_are_excluded_as_by_the_agent(store: Etcd, guarded_host: None, calicoctl: Calicoctl) -> None:
    store.put(policy_key("broken"), b"{")
    put_object(store, policy_key("worse"), {"selector": "a = b", "types": ["Ingress"]})
    store.put(object_key("hostendpoints", "n.bad"), b"no json")
    put_object(store, object_key("hostendpoints", "n.worse"), {"node": "n", "expectedIPs": ["x"], "profiles": ["none"]})
    result = calicoctl("apply", "-f", "-", input=manifest(policy("three", selector=HOSTS, ingress=[SSH])))
    assert result.exit_code == 0, result.stderr
    assert calicoctl("delete", "policy", "worse").exit_code == 0
