"""apply: what it reports, what it leaves alone, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import ALLOW_INGRESS, manifest, policy, pool, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import key_segments, policy_key, profile_key, read_object


def test_a_pool_can_not_be_renamed(every_kind_stored: Etcd, calicoctl: Calicoctl) -> None:
    before = every_kind_stored.revision()
    result = calicoctl("apply", "-f", "-", input=manifest(pool("10.2.0.0/16", name="other")))
    message = "-:2:1: ipPool/10.2.0.0/16: is stored as 'second' and cannot be renamed (delete it first)\n"
    assert result == Result(5, "", message)
    same = calicoctl("apply", "-f", "-", input=manifest(pool("10.2.0.0/16")))
    assert same.stdout.startswith("ipPool/10.2.0.0/16 unchanged\n")
    assert every_kind_stored.revision() == before


@pytest.mark.parametrize(("orchestrator", "workload"), [("cni", "a/b"), ("k8s", "ns.a/b"), ("k8s", "n/s.a")])
def test_a_workload_that_the_agent_cannot_read_is_rejected(
    store: Etcd, calicoctl: Calicoctl, orchestrator: str, workload: str
) -> None:
    names = f"name: e, node: n, orchestrator: {orchestrator}, workload: {workload}"
    text = f"{{apiVersion: v1, kind: workloadEndpoint, metadata: {{{names}}}, spec: {{interfaceName: c}}}}"
    result = calicoctl("apply", "-f", "-", input=text)
    assert result.exit_code == 3
    assert f"metadata.workload: '{workload}': " in result.stderr
    assert store.keys() == []


def test_an_unchanged_second_apply_leaves_the_revision(store: Etcd, calicoctl: Calicoctl) -> None:
    text = manifest(profile("Mixed/Name", tags=["t"], **ALLOW_INGRESS), policy("p", order=10.5, annotations={"k": "v"}))
    calicoctl("apply", "-f", "-", input=text)
    before = store.revision()
    assert calicoctl("apply", "-f", "-", input=text).stdout.endswith("2 unchanged\n")
    assert store.revision() == before


def test_the_same_resource_in_two_files_names_both_places(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text("# a comment\n\napiVersion: v1\nkind: profile\nmetadata: {name: a}\n")
    result = calicoctl("apply", "-f", str(tmp_path))
    assert result.exit_code == 3
    assert (
        result.stderr == f"{tmp_path}/two.yaml:3:1: profile/a: duplicate resource (first at {tmp_path}/one.yaml:3:1)\n"
    )
    assert store.keys() == []


def test_files_directories_and_stdin_at_once(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (folder / "b.yml").write_text(manifest(profile("b")))
    (folder / "a.json").write_text(manifest(profile("a")))
    (folder / "notes.txt").write_text("not a manifest")
    (folder / "below" / "c.yaml").write_text(manifest(profile("c")))
    (tmp_path / "d.yaml").write_text(manifest(profile("d")))
    arguments = ("apply", "-f", str(tmp_path / "d.yaml"), "-f", str(folder), "-f", "-")
    flat = calicoctl(*arguments, input=manifest(profile("e")))
    assert flat.stdout == "".join(f"profile/{name} created\n" for name in "dabe") + "4 created\n"
    deep = calicoctl(*arguments, "--recursive", input=manifest(profile("e")))
    assert deep.stdout.endswith("1 created, 4 unchanged\n")
    assert key_segments(store, "profiles") == list("abcde")


def test_a_manifest_applies_from_the_output_of_get(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    for form in ("yaml", "json"):
        for kind in ("profile", "policy"):
            printed = calicoctl("get", kind, "-o", form).stdout
            assert calicoctl("apply", "-f", "-", input=printed).stdout.endswith("\n1 unchanged\n")


def test_more_resources_than_one_etcd_transaction_holds(store: Etcd, calicoctl: Calicoctl) -> None:
    names = [f"p{index:03}" for index in range(200)]
    text = manifest(*(policy(name) for name in names))
    assert calicoctl("apply", "-f", "-", input=text).stdout.endswith("\n200 created\n")
    assert key_segments(store) == names
    assert calicoctl("apply", "-f", "-", input=text).stdout.endswith("\n200 unchanged\n")
    assert calicoctl("delete", "-f", "-", input=text).stdout.endswith("\n200 deleted\n")
    assert key_segments(store) == []


def test_a_resource_too_large_for_etcd_is_refused_before_anything_is_written(store: Etcd, calicoctl: Calicoctl) -> None:
    selector = " && ".join(f"a{index} == '{'x' * 60}'" for index in range(12))
    rules = [{"action": "allow", "source": {"selector": selector, "notSelector": f"b{n} == 'c'"}} for n in range(1700)]
    result = calicoctl("apply", "-f", "-", input=manifest(policy("small"), policy("large", ingress=rules)))
    assert (result.exit_code, result.stdout) == (8, "")
    assert re.fullmatch(
        rf"{policy_key('large')}: [0-9,]+ bytes exceed the limit of etcd \(split the resource\)\n", result.stderr
    )
    assert store.keys() == []


def test_what_is_written_is_what_v3_tools_read(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a", labels={"role": "db"}, **ALLOW_INGRESS)))
    document = read_object(store, profile_key("a"))
    assert (document["kind"], document["apiVersion"]) == ("Profile", "projectcalico.org/v3")
    assert document["spec"] == {
        "ingress": [{"action": "Allow", "source": {}, "destination": {}}],
        "labelsToApply": {"role": "db"},
    }
