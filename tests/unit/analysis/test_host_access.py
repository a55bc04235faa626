"""Host endpoints on the same node."""

from __future__ import annotations

from calicoctl.analysis.lockout.host_access import HostReachability
from calicoctl.analysis.sets.addresses import parse_address
from tests.support.manifests import host_endpoint, node
from tests.support.policies import policy_set_from


def test_names_that_the_agent_does_not_distinguish_are_one_node() -> None:
    """The agent has its name in lower case, and so has v3 (Felix `config_params.go`, `names/hostname.go`)."""
    hosts = [host_endpoint("Host1", "eth0"), host_endpoint("host1", "eth1", expectedIPs=["10.0.0.1"])]
    bgp = node("host1", bgp={"ipv4Address": "10.0.0.2"})
    access = HostReachability(policy_set_from([*hosts, host_endpoint("host2", "eth0"), bgp]))
    on_same_node = {
        str(host.identifier): [access.is_on_same_node(host, parse_address(f"10.0.0.{last}")) for last in (1, 2, 3)]
        for host in access.hosts
    }
    assert on_same_node == {
        "hostEndpoint/Host1/eth0": [True, True, False],
        "hostEndpoint/host1/eth1": [True, True, False],
        "hostEndpoint/host2/eth0": [False, False, False],
    }
