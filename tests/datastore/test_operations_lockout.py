"""What the guard against locking oneself out rests on stays as it is until all is written, or is judged again."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from calicoctl.datastore.resolver import ResolvedEndpoint, resolve_endpoints
from tests.conftest import Calicoctl
from tests.datastore.conftest import Rival
from tests.datastore.v3 import host_endpoint, key_of, manifest, policy, policy_key, profile, profile_key, put
from tests.etcdserver import Etcd

SSH = {"action": "allow", "protocol": "tcp", "destination": {"ports": [22]}}
V3_SSH = {"action": "Allow", "protocol": "TCP", "destination": {"ports": [22]}}
HOSTS = "has(host)"
HOST = host_endpoint("n", "eth0", {"host": "yes"}, expectedIPs=["10.1.0.1"])
HOST_KEY = key_of("hostendpoints", "n.eth0")
ELSEWHERE = policy("elsewhere", selector="zone == 'edge'", order=-5, ingress=[{"action": "deny"}])


@pytest.fixture
def there(store: Etcd, calicoctl: Calicoctl) -> None:
    """A host that two policies let in to."""
    ssh = [policy(name, selector=HOSTS, order=number, ingress=[SSH]) for number, name in enumerate(("one", "two"))]
    assert calicoctl("apply", "-f", "-", input=manifest(*ssh, HOST)).exit_code == 0


def under_another(store: Etcd) -> None:
    spec = {"node": "n", "interfaceName": "eth0", "expectedIPs": ["10.1.0.1"]}
    put(store, HOST_KEY, spec, labels={"host": "yes", "zone": "edge"}, name="n.eth0")


@pytest.mark.parametrize(
    ("written", "change", "says"),
    [
        ([policy("one", selector=HOSTS, ingress=[])], lambda store: store.etcdctl("del", policy_key("two")), "tcp/22"),
        ([policy("one", selector=HOSTS, ingress=[SSH])], lambda store: None, ""),
        ([ELSEWHERE], under_another, "policy/elsewhere: spec.ingress[0]"),
        ([ELSEWHERE], lambda store: None, ""),
    ],
)
def test_a_rival_that_makes_a_lockout_of_it_is_heeded(
    store: Etcd,
    there: None,
    calicoctl: Calicoctl,
    rival: Callable[[Rival], list[int]],
    written: Sequence[dict[str, Any]],
    change: Callable[[Etcd], object],
    says: str,
) -> None:
    rival(lambda number: change(store) if number == 1 else None)
    result = calicoctl("apply", "-f", "-", input=manifest(*written))
    assert result.exit_code == (8 if says else 0)
    assert says in result.stderr


def test_a_host_endpoint_that_comes_meanwhile_is_heeded(
    store: Etcd, calicoctl: Calicoctl, rival: Callable[[Rival], list[int]]
) -> None:
    """It is new to the second try as it was to the rival; what was let in before it came can't be known."""
    commits = rival(lambda number: under_another(store) if number == 1 else None)
    assert calicoctl("apply", "-f", "-", input=manifest(ELSEWHERE)).exit_code == 0
    assert len(commits) == 2


def test_what_does_not_concern_hosts_is_not_held_up_by_other_policies(
    store: Etcd, there: None, calicoctl: Calicoctl, rival: Callable[[Rival], list[int]]
) -> None:
    commits = rival(lambda number: put(store, policy_key(f"p{number}"), {"selector": "a == 'b'"}))
    assert calicoctl("apply", "-f", "-", input=manifest(ELSEWHERE)).exit_code == 0
    assert len(commits) == 1


def test_a_plan_is_judged_again_when_a_rival_comes_between(
    store: Etcd, there: None, calicoctl: Calicoctl, rival: Callable[[Rival], list[int]], tmp_path: Path
) -> None:
    kept = str(tmp_path / "kept.plan")
    other = manifest(policy("one", selector=HOSTS, ingress=[]))
    assert calicoctl("plan", "-o", kept, "-f", "-", input=other).exit_code == 0
    commits = rival(lambda number: store.etcdctl("del", policy_key("two")))
    result = calicoctl("apply", "--plan", kept)
    assert (result.exit_code, len(commits)) == (8, 1)
    assert "no longer be reached on tcp/22" in result.stderr


def test_a_profile_that_a_host_names_is_guarded(
    store: Etcd, calicoctl: Calicoctl, rival: Callable[[Rival], list[int]]
) -> None:
    """Its labels decide which policies are about the host."""
    host = host_endpoint("n", "eth0", expectedIPs=["10.1.0.1"], profiles=["hosts"])
    assert calicoctl("apply", "-f", "-", input=manifest(profile("hosts", ingress=[SSH]), host)).exit_code == 0
    spec = {"ingress": [V3_SSH], "labelsToApply": {"zone": "edge"}}
    rival(lambda number: put(store, profile_key("hosts"), spec) if number == 1 else None)
    result = calicoctl("apply", "-f", "-", input=manifest(ELSEWHERE))
    assert (result.exit_code, "policy/elsewhere: spec.ingress[0]" in result.stderr) == (8, True)


def test_what_nobody_can_read_is_left_out_as_the_agent_does(store: Etcd, there: None, calicoctl: Calicoctl) -> None:
    store.put(policy_key("broken"), b"{")
    put(store, policy_key("worse"), {"selector": "a = b", "types": ["Ingress"]})
    store.put(key_of("hostendpoints", "n.bad"), b"no json")
    put(store, key_of("hostendpoints", "n.worse"), {"node": "n", "expectedIPs": ["x"], "profiles": ["none"]})
    result = calicoctl("apply", "-f", "-", input=manifest(policy("three", selector=HOSTS, ingress=[SSH])))
    assert result.exit_code == 0, result.stderr
    assert calicoctl("delete", "policy", "worse").exit_code == 0


def test_the_addresses_of_etcd(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"etcd.example": ["192.0.2.9", "2001:db8::9", "192.0.2.9"], "local.example": ["fe80::9%eth0"]}
    actual = socket.getaddrinfo

    def getaddrinfo(name: str, *arguments: Any, **more: Any) -> Any:
        if name in known:
            return [(0, 0, 0, "", (text, 0)) for text in known[name]]
        return actual(name, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    urls = ("http://etcd.example:2379", "https://10.0.0.1:80", "http://local.example:1", "http://a.invalid:2")
    assert resolve_endpoints(urls, 5) == (
        ResolvedEndpoint(urls[0], 2379, ("192.0.2.9", "2001:db8::9")),
        ResolvedEndpoint(urls[1], 80, ("10.0.0.1",)),
        ResolvedEndpoint(urls[2], 1, ("fe80::9",)),
        ResolvedEndpoint(urls[3], 2, None),
    )


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(30) and [])
    assert resolve_endpoints(("http://slow.example:2379",), 0.1) == (
        ResolvedEndpoint("http://slow.example:2379", 2379, None),
    )
    released.set()
