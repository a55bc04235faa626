"""create: existing resources, and generated names."""

from __future__ import annotations

import uuid

from tests.support.etcd_server import Etcd
from tests.support.manifests import ALLOW_INGRESS, manifest, policy, profile, workload_endpoint
from tests.support.runner import Calicoctl, output_lines


def test_create_makes_a_name_for_a_workload_endpoint(store: Etcd, calicoctl: Calicoctl) -> None:
    text = manifest(workload_endpoint("n1", "k8s", "ns.pod", None))
    words = {calicoctl("create", "-f", "-", input=text).stdout.split()[0] for _ in range(2)}
    assert len(words) == 2
    assert all(uuid.UUID(word.rpartition("/")[2]) for word in words)
    assert set(output_lines(calicoctl("get", "wep", "-o", "name"))) == words
    for verb in ("apply", "replace", "delete"):
        result = calicoctl(verb, "-f", "-", input=text)
        assert (result.exit_code, result.stdout) == (3, "")
        assert "'name' is missing" in result.stderr


def test_skip_exists_keeps_existing_resources(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    before = two_resources.revision()
    calicoctl("create", "--skip-exists", "-f", "-", input=manifest(profile("a", **ALLOW_INGRESS)))
    assert two_resources.revision() == before


def test_create_of_an_existing_one_among_200_creates_none(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    before = two_resources.revision()
    text = manifest(*(policy(f"q{index}") for index in range(200)), policy("p"))
    result = calicoctl("create", "-f", "-", input=text)
    assert (result.exit_code, result.stdout) == (5, "")
    assert result.stderr.startswith("-:202:1: policy/p: exists already")
    assert two_resources.revision() == before
