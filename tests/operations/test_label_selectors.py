"""get -l: what selectors see of profiles and endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, policy, profile, workload_endpoint
from tests.support.runner import Calicoctl

RESOURCES: tuple[dict[str, Any], ...] = (
    profile("db", tags=["backup"], labels={"role": "database", "tier": "data"}),
    profile("web", tags=["public"], labels={"role": "frontend", "zone": "dmz"}),
    profile("My_Net", labels={"net": "mine"}),
    policy("p"),
    host_endpoint("n", "plain"),
    host_endpoint("n", "own", labels={"role": "database"}),
    host_endpoint("n", "db", profiles=["db"]),
    host_endpoint("n", "db-web", profiles=["db", "web"]),
    host_endpoint("n", "web-db", profiles=["web", "db"]),
    host_endpoint("n", "own-db", labels={"role": "other"}, profiles=["db"]),
    host_endpoint("n", "absent", profiles=["nowhere", "My_Net"]),
    workload_endpoint("n", "k8s", "prod.web", "e", labels={"calico/k8s_ns": "prod"}, profiles=["web"]),
    workload_endpoint("n", "cni", "0123", "e"),
)
HEPS = {"absent", "db", "db-web", "own", "own-db", "plain", "web-db"}


@pytest.fixture
def populated_store(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    assert calicoctl("apply", "-f", "-", input=manifest(*RESOURCES)).exit_code == 0
    return store


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("role == 'database'", {"own", "db", "db-web"}),
        ("role == 'frontend'", {"web-db"}),
        ("role == 'other'", {"own-db"}),
        ("has(backup)", {"db", "db-web", "web-db", "own-db"}),
        ("backup == ''", {"db", "db-web", "web-db", "own-db"}),
        ("has(backup) && has(public)", {"db-web", "web-db"}),
        ("zone == 'dmz' && tier == 'data'", {"db-web", "web-db"}),
        ("net == 'mine'", {"absent"}),
        ("!has(role)", {"plain", "absent"}),
        ("role in {'database', 'frontend'} && !has(zone)", {"own", "db"}),
        ("all()", HEPS),
        (" all() ", HEPS),
        ("", HEPS),
        ("role == 'nobody'", set()),
    ],
)
def test_endpoints_by_their_own_labels_and_those_of_their_profiles(
    populated_store: Etcd, calicoctl: Calicoctl, selector: str, names: set[str]
) -> None:
    result = calicoctl("get", "hep", "-l", selector, "-o", "name")
    assert (result.exit_code, result.stderr) == (0, "")
    assert {line.rpartition("/")[2] for line in result.stdout.splitlines()} == names


@pytest.mark.parametrize(
    ("arguments", "selector", "words"),
    [
        (("profile",), "has(role)", ["profile/db", "profile/web"]),
        (("profile",), "has(backup)", ["profile/db"]),
        (("profile", "db", "My_Net"), "role == 'database'", ["profile/db"]),
        (("wep",), "zone == 'dmz'", ["workloadEndpoint/n/k8s/prod.web/e"]),
        (("wep",), "calico/k8s_ns == 'prod'", ["workloadEndpoint/n/k8s/prod.web/e"]),
        (("wep",), "projectcalico.org/orchestrator == 'cni'", ["workloadEndpoint/n/cni/0123/e"]),
        (("wep", "--node", "n", "--orchestrator", "cni"), "has(zone)", []),
        (("hep/n/db", "profile/web", "hep/n/own"), "role == 'database'", ["hostEndpoint/n/db", "hostEndpoint/n/own"]),
    ],
)
def test_what_is_asked_for_and_selected(
    populated_store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], selector: str, words: list[str]
) -> None:
    result = calicoctl("get", *arguments, "--selector", selector, "-o", "name")
    assert (result.exit_code, result.stdout.split(), result.stderr) == (0, words, "")


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        (("policy", "-l", "has(a)"), "-l: policy does not have labels (kinds with labels are "),
        (("hep", "-l", "role = 'x'"), "-l: "),
        (("hep", "-l", "role == 'x"), "-l: "),
    ],
)
def test_kinds_without_labels_cannot_be_selected(
    populated_store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], stderr: str
) -> None:
    result = calicoctl("get", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(stderr)
