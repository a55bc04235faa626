"""export --from-etcd2, with a real etcd that serves the v2 API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from calicoctl.kinds import find_kind
from calicoctl.manifest import Document, Source, load
from calicoctl.manifest.plain import mapping_node
from calicoctl.resource import Resource
from calicoctl.schema.validate import validate
from tests.support.etcd_server import Etcd, running_etcd
from tests.support.recordings import load_rows
from tests.support.runner import Calicoctl

Put = Callable[[str, Any], None]


@pytest.fixture(scope="session")
def etcd2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcd]:
    with running_etcd(tmp_path_factory.mktemp("etcd2"), "--enable-v2") as server:
        yield server


@pytest.fixture
def put(etcd2: Etcd, clean_environment: None) -> Iterator[Put]:
    """Writes a key of etcd v2, empty before. Values other than text are JSON."""
    connection = HTTPConnection(urlsplit(etcd2.endpoint).netloc)

    def send(method: str, path: str, body: str | None = None) -> None:
        connection.request(method, path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        connection.getresponse().read()

    def write(key: str, value: Any) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        send("PUT", f"/v2/keys{quote(key)}", urlencode({"value": text}))

    send("DELETE", "/v2/keys/calico?recursive=true&dir=true")
    yield write
    connection.close()


def read_resource(manifest: dict[str, Any]) -> Resource | None:
    result = validate([Document(Source("", ""), mapping_node(manifest))])
    return result.resources[0].resource if result.resources and not result.problems else None


ROWS = load_rows("etcd2")


def exported(calicoctl: Calicoctl, etcd2: Etcd) -> tuple[int, list[Resource], str]:
    result = calicoctl("export", "--from-etcd2", etcd2.endpoint)
    documents = load([Source("-", result.stdout)], ()).documents
    return result.exit_code, [each.resource for each in validate(documents).resources if each.resource], result.stderr


def test_recorded_resources_mean_the_same(etcd2: Etcd, put: Put, calicoctl: Calicoctl) -> None:
    """Every valid row of libcalico-go: the v1 resource of its keys converts to the same v3 object."""
    expected = {}
    for row in ROWS:
        resource = read_resource(row["v1"])
        # etcd v2 hides keys that begin with an underscore, also from calicoctl 1.6.5.
        hidden = any("/_" in key for key in row["keys"])
        if resource and not hidden and resource.identifier not in expected:
            expected[resource.identifier] = resource
            for key, value in row["keys"].items():
                put(key, value)
    _, resources, _ = exported(calicoctl, etcd2)
    differing = []
    for resource in resources:
        kind = find_kind(resource.kind)
        assert kind is not None
        if kind.to_v3(resource) != kind.to_v3(expected.pop(resource.identifier)):
            differing.append(str(resource.identifier))
    assert (differing, list(expected)) == ([], [])


def test_node(etcd2: Etcd, put: Put, calicoctl: Calicoctl) -> None:
    put("/calico/v1/host/n1/metadata", "")
    put("/calico/v1/host/n1/orchestrator_refs", [{"orchestrator": "k8s", "nodeName": "A"}])
    for name, text in (("ip_addr_v4", "10.0.0.9"), ("network_v4", "10.0.0.0/24"), ("as_num", "64512")):
        put(f"/calico/bgp/v1/host/n1/{name}", text)
    result = calicoctl("export", "--from-etcd2", etcd2.endpoint)
    assert (result.exit_code, result.stderr) == (0, "")
    for text in ("ipv4Address: 10.0.0.9/24", "asNumber: 64512", "nodeName: A", "name: n1"):
        assert text in result.stdout


def test_everything_else_is_listed(etcd2: Etcd, put: Put, calicoctl: Calicoctl) -> None:
    put("/calico/v1/config/LogSeverityScreen", "info")
    put("/calico/v1/policy/tier/other/policy/p", {"selector": "all()"})
    put("/calico/v1/policy/tier/default/policy/bad", "{")
    put("/calico/v1/policy/tier/default/policy/new", {"inbound_rules": [{"action": "allow", "http": "x"}]})
    put("/calico/v1/policy/tier/default/policy/good", {"inbound_rules": [{"action": "next-tier"}]})
    code, resources, stderr = exported(calicoctl, etcd2)
    assert (code, [str(resource.identifier) for resource in resources]) == (3, ["policy/good"])
    for text in (
        "LogSeverityScreen",
        "v1 has no tier 'other'",
        "policy/bad: not exported: the value is not JSON",
        "'http'",
    ):
        assert text in stderr


def test_import_of_an_export(etcd2: Etcd, put: Put, store: Etcd, calicoctl: Calicoctl) -> None:
    put("/calico/v1/policy/tier/default/policy/p", {"selector": "all()", "order": 5, "untracked": True})
    text = calicoctl("export", "--from-etcd2", etcd2.endpoint).stdout
    result = calicoctl("import", "-f", "-", input=text)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "policy/p created")


def test_empty_store(etcd2: Etcd, put: Put, calicoctl: Calicoctl) -> None:
    assert calicoctl("export", "--from-etcd2", etcd2.endpoint) == (0, "[]\n", "")


def test_etcd_without_v2(store: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("export", "--from-etcd2", store.endpoint)
    assert (result.exit_code, "--enable-v2" in result.stderr) == (4, True)


def test_invalid_url(store: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("export", "--from-etcd2", "ftp://x")
    assert (result.exit_code, "--from-etcd2: invalid URL" in result.stderr) == (2, True)
