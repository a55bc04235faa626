"""Policy tests and a small network that they are about, as files in a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.support.manifests import policy, profile
from tests.support.runner import Calicoctl, Result

HEAD = "apiVersion: v1\nkind: policyTest\nmetadata: {name: t}\nspec:\n"


CASE = "{name: c, from: {outside: true}, to: {outside: true}, expect: deny}"


WEB_TO_DB = {
    "action": "allow",
    "protocol": "tcp",
    "source": {"selector": "role == 'web'"},
    "destination": {"ports": [3306]},
}


MANIFESTS = (
    profile("db", labels={"role": "db"}),
    profile("web", labels={"role": "web"}, egress=[{"action": "allow"}]),
    policy(
        "db", selector="role == 'db'", ingress=[{"action": "log"}, WEB_TO_DB, {"action": "deny", "protocol": "udp"}]
    ),
)


ENDPOINTS = (
    {"name": "db1", "profiles": ["db"], "nets": ["10.0.0.1/32"]},
    {"name": "web1", "profiles": ["web"], "nets": ["10.0.0.2", "fd00::2"]},
    {"name": "web6", "profiles": ["web"], "nets": ["fd00::3"]},
)


DB, WEB = {"endpoint": "db1"}, {"endpoint": "web1"}


MYSQL = {"protocol": "tcp", "ports": [3306]}


def policy_test_case(source: Any, destination: Any, **rest: Any) -> dict[str, Any]:
    return {"name": "a case", "from": source, "to": destination, **rest}


def policy_test(cases: Sequence[dict[str, Any]], name: str = "t", **spec: Any) -> dict[str, Any]:
    spec = {"manifests": ["net.yaml"], "endpoints": list(ENDPOINTS), **spec}
    cases = [{**each, "name": f"{number}: {each['name']}"} for number, each in enumerate(cases)]
    return {"apiVersion": "v1", "kind": "policyTest", "metadata": {"name": name}, "spec": {**spec, "cases": cases}}


class PolicyTestDirectory:
    """A folder with manifests and tests."""

    def __init__(self, folder: Path, run: Calicoctl) -> None:
        self.folder = folder
        self._run = run

    def write(self, name: str, *documents: Any) -> str:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump_all(documents, sort_keys=False), encoding="utf-8")
        return str(path)

    def run_test(self, *cases: dict[str, Any], options: Sequence[str] = (), **spec: Any) -> Result:
        return self._run("test", self.write("t.yaml", policy_test(cases, **spec)), *options)

    def case_results(self, *cases: dict[str, Any], **spec: Any) -> list[dict[str, Any]]:
        """What has become of each case."""
        result = self.run_test(*cases, options=("-o", "json"), **spec)
        found: list[dict[str, Any]] = json.loads(result.stdout)["tests"][0]["cases"]
        assert result.exit_code == any(each["status"] != "passed" for each in found)
        return found
