"""Generated clusters of any size: applications in tiers, with policies, profiles and endpoints, as in real clusters.

Most endpoints have equal labels in all selectors, and about ten policies apply to each. The result depends only on the
numbers of policies and endpoints.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

Manifest = dict[str, Any]

_TIERS = ("web", "api", "worker", "db")
_TEAMS = 20
"""Number of teams; each has a profile."""
_BUILDS = 7
"""Number of values of the label `build`, which no selector contains."""


def _from(selector: str, *ports: int | str) -> Manifest:
    return {"action": "allow", "protocol": "tcp", "source": {"selector": selector}, "destination": {"ports": [*ports]}}


def _to(selector: str, *ports: int | str) -> Manifest:
    return {"action": "allow", "protocol": "tcp", "destination": {"selector": selector, "ports": [*ports]}}


def _to_dns(network: str) -> Manifest:
    return {"action": "allow", "protocol": "udp", "destination": {"nets": [network], "ports": [53]}}


_WEB = {"source": {"nets": ["172.16.0.0/12", "192.168.0.0/16"]}, "destination": {"ports": [80, 443]}}
_ECHO = {"action": "allow", "protocol": "icmp", "icmp": {"type": 8}}
_TEMPLATES: tuple[tuple[str, list[Manifest], list[Manifest]], ...] = (
    # Selector, ingress, egress. Placeholders: APP is the application, OTHER another application, TEAM a team.
    (
        "app == 'APP' && tier == 'web'",
        [{"action": "allow", "protocol": "tcp", **_WEB}, _from("app == 'OTHER' && tier == 'api'", 443), _ECHO],
        [],
    ),
    (
        "app == 'APP' && tier == 'api'",
        [_from("app == 'APP' && tier == 'web'", 8080), _from("app == 'OTHER' && tier == 'worker'", 8080, 8443)],
        [
            _to("app == 'APP' && tier in {'db', 'worker'}", 5432, "9000:9010"),
            _to("app == 'OTHER' && tier == 'web'", 443),
        ],
    ),
    (
        "app == 'APP' && tier == 'worker'",
        [_from("app == 'APP' && tier == 'api'", "9000:9010")],
        [_to("app == 'APP' && tier == 'db'", 5432), _to("app == 'OTHER' && tier == 'api'", 8080, 8443)],
    ),
    (
        "app == 'APP' && tier == 'db'",
        [
            _from("app == 'APP' && tier in {'api', 'worker'}", 5432),
            _from("app == 'APP' && tier == 'db'", 5432, 5433),
            {"action": "deny", "protocol": "tcp", "destination": {"ports": [5432]}},
        ],
        [_to("app == 'APP' && tier == 'db'", 5432, 5433)],
    ),
    ("app == 'APP' && tier == 'web'", [], [_to("app == 'APP' && tier == 'api'", 8080), _to_dns("10.0.0.0/24")]),
    ("app == 'APP'", [_from("team == 'team-00' && tier == 'worker'", "9100:9110"), _ECHO], []),
    ("app == 'APP'", [_from("team == 'TEAM' && tier == 'api'", 8081, 8082)], [_to("team == 'TEAM'", 8081, 8082)]),
    ("app == 'APP'", [_from("team == 'TEAM' && tier == 'db'", "7100:7105")], [_to_dns("10.0.0.0/24"), _ECHO]),
    ("app == 'APP'", [_from("app == 'OTHER' && tier != 'db'", "7000:7005")], [_to("tier == 'worker'", "9100:9110")]),
    (
        "app == 'APP'",
        [_from("env == 'prod' && tier == 'worker'", 6379, 6380)],
        [_to("app in {'APP', 'OTHER'} && tier != 'db'", 443, "7000:7005"), _to_dns("10.0.1.0/24")],
    ),
    (
        "app == 'APP'",
        [{"action": "log", "protocol": "tcp", "destination": {"ports": [22]}}, _from("team == 'team-01'", 22)],
        [_to("env == 'prod' && tier == 'web'", 80, 443), _to("env == 'test' && tier == 'web'", 8080)],
    ),
    ("app == 'APP' && env == 'dev'", [_from("env == 'dev' && tier == 'worker'", 22, "30000:32767")], []),
    (
        "app == 'APP' && env == 'prod'",
        [{"action": "deny", "source": {"selector": "env == 'dev'"}}, _from("env == 'prod' && tier == 'api'", 8443)],
        [{"action": "deny", "destination": {"selector": "env == 'dev'"}}, _to("env == 'prod' && tier == 'api'", 8443)],
    ),
    ("app == 'APP' && has(canary)", [_from("has(canary)", 8080)], [_to("has(canary)", 8080)]),
    (
        "app == 'APP' && env == 'test'",
        [_from("env in {'dev', 'test'}", "1024:65535")],
        [{"action": "deny", "destination": {"nets": ["192.0.2.0/24"]}}, _to("env == 'test'", "1024:65535")],
    ),
    ("app == 'APP' && tier in {'web', 'api'}", [_from("team == 'TEAM' && tier == 'web'", 8443, 9443)], []),
)


class Cluster(NamedTuple):
    """Size of a cluster, and its resources."""

    policies: int
    endpoints: int

    @property
    def applications(self) -> int:
        """Number of applications."""
        return max(self.policies // len(_TEMPLATES), 5)

    def manifests(self) -> Iterator[Manifest]:
        """Yield all profiles, policies and workloadEndpoints."""
        yield from map(_profile, range(_TEAMS))
        yield from map(self.policy, range(self.policies))
        yield from map(self._endpoint, range(self.endpoints))

    def changed(self, count: int) -> Iterator[Manifest]:
        """Yield about `count` policies, evenly distributed, each with another first rule."""
        for number in range(0, self.policies, max(self.policies // count, 1)):
            policy = self.policy(number)
            rules = policy["spec"].get("ingress", ())
            policy["spec"]["ingress"] = [_from("has(app)", 443, 8080, "7000:7005"), *rules[1:]]
            yield policy

    def policy(self, number: int) -> Manifest:
        """Return a policy by its number."""
        turn, application = divmod(number, self.applications)
        names = {"APP": application, "OTHER": (application + 7) % self.applications}
        text = json.dumps(_TEMPLATES[turn % len(_TEMPLATES)]).replace("TEAM", _team(application // 3))
        for word, other in names.items():
            text = text.replace(word, f"app-{other:04}")
        selector, ingress, egress = json.loads(text)
        spec = {"order": 100 + turn, "selector": selector, "ingress": ingress, "egress": egress}
        return _manifest("policy", {"name": f"p-{number:05}"}, {key: value for key, value in spec.items() if value})

    def endpoint_name(self, number: int) -> str:
        """Return the name of an endpoint for the command line."""
        metadata = self._endpoint(number)["metadata"]
        return "/".join(
            ["workloadEndpoint", *(metadata[field] for field in ("node", "orchestrator", "workload", "name"))]
        )

    def flows(self, count: int) -> Iterator[str]:
        """Yield the lines of a CSV file with flows between distributed endpoints, and some from outside."""
        yield "from,to,protocol,port,source port"
        ports = (80, 443, 8080, 5432, 9000, 22)
        for number in range(count):
            source, destination = number * 7919 % self.endpoints, number * 104_729 % self.endpoints
            start = "198.51.100.7" if number % 10 == 0 else _address(source)
            yield f"{start},{_address(destination)},tcp,{ports[number % len(ports)]},{32_768 + number % 28_000}"

    def _endpoint(self, number: int) -> Manifest:
        rest, application = divmod(number, self.applications)
        labels = {"app": f"app-{application:04}", "tier": _TIERS[rest % len(_TIERS)], "build": f"b{rest % _BUILDS}"}
        workload = f"ns-{application:04}.pod-{number:06}"
        metadata = {"name": "eth0", "workload": workload, "orchestrator": "k8s", "node": f"node-{number // 50:04}"}
        spec = {
            "ipNetworks": [f"{_address(number)}/32"],
            "profiles": [_team(application)],
            "interfaceName": f"cali{number:08x}",
        }
        return _manifest("workloadEndpoint", {**metadata, "labels": labels}, spec)


def _address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _manifest(kind: str, metadata: Manifest, spec: Manifest) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}


def _team(application: int) -> str:
    return f"team-{application % _TEAMS:02}"


def _profile(number: int) -> Manifest:
    labels = {"env": ("prod", "prod", "test", "dev")[number % 4], "team": _team(number)}
    return _manifest("profile", {"name": _team(number), "labels": labels}, {"egress": [{"action": "allow"}]})
