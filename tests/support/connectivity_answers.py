"""Small policy sets, their connectivity, and how the printers show it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from calicoctl.analysis.connectivity.grouping import Grouping
from calicoctl.analysis.connectivity.rows import compute_connectivity
from calicoctl.analysis.sets.services import ALL_SERVICES
from calicoctl.printers import formats
from calicoctl.printers.connectivity.result import ConnectivityResult
from tests.support.policies import policy_set_from

NASTY_NAME = "x\"]; </svg></style></script><script>alert(1)</script> & `b` %%{init}%% #35; \\N\n\x1b[31m'"


def rule(**fields: Any) -> dict[str, Any]:
    return {"action": "allow", "source": {}, "destination": {}, **fields}


def profile(name: str, ingress: Iterable[Any] = (), egress: Iterable[Any] = (), **labels: str) -> dict[str, Any]:
    spec = {"ingress": list(ingress), "egress": list(egress)}
    return {"kind": "profile", "metadata": {"name": name, "labels": labels}, "spec": spec}


def endpoint(name: str, address: str, *profiles: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "node": "n", "orchestrator": "o", "workload": "w", "labels": labels}
    spec = {"interfaceName": "cali0", "ipNetworks": [address], "profiles": list(profiles)}
    return {"kind": "workloadEndpoint", "metadata": metadata, "spec": spec}


def make_result(
    manifests: Iterable[dict[str, Any]], group_by: str = "profile", label: str = "", **more: Any
) -> ConnectivityResult:
    policies = policy_set_from(manifests)
    found = compute_connectivity(policies, Grouping(policies, group_by, label), more.get("services", ALL_SERVICES))
    shown = f"{group_by}:{label}" if label else group_by
    return ConnectivityResult(
        found, shown, "", ALL_SERVICES, more.get("basis", "a.yaml: this and that"), more.get("notes", ())
    )


MYSQL = rule(protocol="tcp", source={"selector": "role == 'web'"}, destination={"ports": [3306]})


OFFICE = rule(protocol="tcp", source={"nets": ["10.0.0.0/8"]}, destination={"ports": [443]})


SHOP = [
    profile("db", [MYSQL], [], role="db"),
    profile("web", [OFFICE], [rule()], role="web"),
    profile("idle", role="idle"),
    endpoint("db1", "10.1.0.1", "db"),
    endpoint("db2", "10.1.0.2", "db"),
    endpoint("web1", "10.2.0.1", "web"),
    endpoint("web2", "192.168.0.9", "web", tier="canary"),
    endpoint("idle1", "10.3.0.1", "idle"),
]


def many_groups(count: int) -> list[dict[str, Any]]:
    """So many groups, each of which may send to the next one and to itself, on ports of their own."""
    return [
        profile(
            f"p{number:03}",
            [
                rule(protocol=protocol, source={"selector": f"n == '{source}'"}, destination={"ports": [number + 1]})
                for protocol, source in (("tcp", (number or count) - 1), ("udp", number))
            ],
            [rule()],
            n=str(number),
        )
        for number in range(count)
    ]


def render(form: str, result: ConnectivityResult) -> str:
    return formats.CONNECTIVITY.select(form).load()(result)
