"""export and import: the datastore as a whole, there and back."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import CLUSTER_KEY, TIER_KEY, object_key, policy_key, put_object, read_object


def stored_values(store: Etcd) -> dict[str, Any]:
    """All objects without uid and creationTimestamp."""
    values = {key: json.loads(store.get(key) or b"") for key in store.keys("/calico/")}
    for value in values.values():
        for field in ("uid", "creationTimestamp"):
            value.get("metadata", {}).pop(field, None)
    return values


NUMBERS = [12345678901234567, 2**63, 2**64 - 1, -(2**63) - 1, 10**200, 1.5e-7, 1e20, 1e300, 0.1]
"""Most integers are not floats; sequence numbers of IPAM are any integers of 64 bits."""


@pytest.fixture
def full_store(every_kind_stored: Etcd) -> Etcd:
    """A store with every v1 kind, and objects that v1 cannot represent."""
    store = every_kind_stored
    put_object(store, policy_key("default.legacy"), {"selector": "all()", "order": 1e21}, labels={"a": ""})
    put_object(store, object_key("networksets", "prod/set"), {"nets": ["10.0.0.0/8"]}, namespace="prod")
    put_object(store, object_key("tiers", "secure"), {"order": 5, "text": "yes", "numbers": NUMBERS})
    put_object(store, object_key("bgppeers", "my-peer"), {"peerIP": "192.0.2.9", "password": {"secretKeyRef": {}}})
    store.put("/calico/ipam/v2/handle/h1", '{"id":"h1","block":{"10.0.0.0-26":1},"deleted":null}')
    return store


def test_wiped_store_is_restored(full_store: Etcd, calicoctl: Calicoctl) -> None:
    exported, before = calicoctl("export"), stored_values(full_store)
    full_store.wipe()
    result = calicoctl("import", "-f", "-", "--allow-lockout", input=exported.stdout)
    assert result.exit_code == 0, result.stderr
    assert stored_values(full_store) == before
    assert calicoctl("export").stdout == exported.stdout


def test_import_of_the_same_store_writes_nothing(full_store: Etcd, calicoctl: Calicoctl) -> None:
    exported, revision = calicoctl("export"), full_store.revision()
    result = calicoctl("import", "-f", "-", input=exported.stdout)
    assert (result.exit_code, "created" in result.stdout, "configured" in result.stdout) == (0, False, False)
    assert full_store.revision() == revision


def test_import_in_several_transactions(full_store: Etcd, calicoctl: Calicoctl) -> None:
    exported, before = calicoctl("export"), stored_values(full_store)
    full_store.wipe()
    arguments = ("-f", "-", "--allow-lockout", "--max-txn-ops", "4")
    assert calicoctl("import", *arguments, input=exported.stdout).exit_code == 0
    assert stored_values(full_store) == before


def test_v1_resources_are_plain_manifests(two_resources: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    directory = tmp_path / "backup"
    assert calicoctl("export", "-o", f"{directory}/").exit_code == 0
    assert sorted(path.name for path in directory.iterdir()) == ["policy.yaml", "profile.yaml", "storedObject.yaml"]
    two_resources.wipe()
    files = [argument for kind in ("policy", "profile") for argument in ("-f", str(directory / f"{kind}.yaml"))]
    assert calicoctl("apply", *files).exit_code == 0


def test_files_of_kinds_without_resources_are_deleted(
    two_resources: Etcd, calicoctl: Calicoctl, tmp_path: Path
) -> None:
    calicoctl("export", "-o", str(tmp_path))
    calicoctl("delete", "profile", "a")
    calicoctl("export", "-o", str(tmp_path))
    assert not (tmp_path / "profile.yaml").exists()


def test_export_to_file(two_resources: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    result = calicoctl("export", "-o", str(path))
    assert result.stderr == f"2 resources and 2 stored objects exported to {path}\n"
    assert path.read_text() == calicoctl("export").stdout


def read_directory(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir()}


@pytest.mark.parametrize("change", [("delete", "profile", "a"), ("label", "profile", "a", "x=y")])
def test_a_full_disk_keeps_the_old_files(
    two_resources: Etcd, calicoctl: Calicoctl, tmp_path: Path, change: tuple[str, ...]
) -> None:
    """A limit on the size of files stands for the full disk: the last file exceeds it."""
    assert calicoctl("export", "-o", str(tmp_path)).exit_code == 0
    before = read_directory(tmp_path)
    assert calicoctl(*change).exit_code == 0
    put_object(two_resources, object_key("tiers", "large"), {"text": "x" * 100_000})
    script = "ulimit -f 40; trap '' XFSZ; \"$@\""
    command = ["bash", "-c", script, "sh", sys.executable, "-m", "calicoctl", "export", "-o", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "storedObject.yaml: cannot save the export: file too large" in done.stderr) == (2, True)
    assert read_directory(tmp_path) == before


@pytest.mark.parametrize("name", ["json", "yaml"])
def test_a_format_is_not_the_name_of_a_file(
    two_resources: Etcd, calicoctl: Calicoctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = calicoctl("export", "-o", name)
    assert (result.exit_code, f"write ./{name}" in result.stderr, list(tmp_path.iterdir())) == (2, True, [])
    result = calicoctl("export", "-o", f"./{name}")
    assert (result.exit_code, result.stderr) == (0, f"2 resources and 2 stored objects exported to ./{name}\n")


def test_legacy_layout_and_labels_need_a_stored_object(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, policy_key("default.p"), {"selector": "all()"})
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    exported = calicoctl("export").stdout
    assert "kind: policy\n" not in exported
    assert f"key: {policy_key('default.p')}" in exported


V1_POOL = {
    "ipipMode": "Never",
    "vxlanMode": "Never",
    "blockSize": 26,
    "nodeSelector": "all()",
    "allowedUses": ["Workload", "Tunnel"],
    "assignmentMode": "Automatic",
}
"""The defaults of Calico 3."""

POOLS = pytest.mark.parametrize(
    ("extra", "kind"), [(V1_POOL, "ipPool"), ({**V1_POOL, "blockSize": 28}, "storedObject")], ids=["v1", "v3"]
)


@POOLS
def test_pools_that_overlapped_are_restored(
    store: Etcd, calicoctl: Calicoctl, extra: dict[str, Any], kind: str
) -> None:
    for cidr in ("10.0.0.0/16", "10.0.1.0/24", "10.1.0.0/16"):
        put_object(store, object_key("ippools", re.sub("[./]", "-", cidr)), {"cidr": cidr, **extra})
    exported, before = calicoctl("export").stdout, stored_values(store)
    assert exported.count(f"  kind: {kind}\n") == 3
    store.wipe()
    result = calicoctl("import", "-f", "-", input=exported)
    assert (result.exit_code, result.stderr.count("overlaps with ipPool/")) == (0, 1), result.stderr
    assert {key: value for key, value in stored_values(store).items() if "/ippools/" in key} == before


@POOLS
def test_a_pool_that_overlaps_with_another_cluster_is_a_conflict(
    store: Etcd, calicoctl: Calicoctl, extra: dict[str, Any], kind: str
) -> None:
    put_object(store, object_key("ippools", "10-0-0-0-16"), {"cidr": "10.0.0.0/16", **extra})
    exported = calicoctl("export").stdout
    assert f"  kind: {kind}\n" in exported
    store.wipe()
    put_object(store, object_key("ippools", "inner"), {"cidr": "10.0.1.0/24"})
    before = store.revision()
    result = calicoctl("import", "-f", "-", input=exported)
    assert (result.exit_code, store.revision()) == (5, before)
    assert "overlaps with ipPool/10.0.1.0/24 (delete that first" in result.stderr


def test_true_is_not_one(store: Etcd, calicoctl: Calicoctl) -> None:
    """Python calls them equal: as a v1 manifest, or as unchanged, the value would become another one."""
    key = object_key("ippools", "10-0-0-0-16")
    put_object(store, key, {"cidr": "10.0.0.0/16", **V1_POOL, "disabled": True})
    assert "kind: ipPool\n" in calicoctl("export").stdout
    put_object(store, key, {"cidr": "10.0.0.0/16", **V1_POOL, "disabled": 1})
    exported = calicoctl("export")
    assert exported.stdout == "[]\n"
    assert f"{key}: not exported: is not a valid IPPool: spec.disabled has a value of the wrong type" in exported.stderr


def test_password_is_reported(full_store: Etcd, calicoctl: Calicoctl) -> None:
    assert "bgppeers/my-peer: refers to a password" in calicoctl("export").stderr.replace("BGPPeer", "bgppeers")


@pytest.mark.parametrize("value", ["{", '{"spec":{"order":1e999}}', '{"spec":{"order":1%s}}' % ("0" * 320)])
def test_unreadable_value_is_reported(store: Etcd, calicoctl: Calicoctl, value: str) -> None:
    store.put(object_key("tiers", "bad"), value)
    result = calicoctl("export")
    assert (result.exit_code, result.stdout) == (0, "[]\n")
    assert f"{object_key('tiers', 'bad')} is not JSON" in result.stderr


TIER, PROFILE = object_key("tiers", "x"), object_key("profiles", "x")
DEEP = '{"spec":' + '{"a":' * 110 + "1" + "}" * 111


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (object_key("tiers", "a/b/c"), '{"spec":{}}', "a key is /calico/resources/v3/"),
        (object_key("tiers", ""), "{}", "a key is "),
        (object_key("Tiers", "x"), "{}", "a key is "),
        (object_key("tiers", "x\ny"), "{}", "a key is "),
        ("/calico/ipam/v2/", "{}", "a key is "),
        (TIER, DEEP, "nested too deeply"),
        (TIER, '{"metadata":1}', "has metadata that is not an object"),
        (PROFILE, '{"spec":"text"}', "has a spec that is not an object"),
        (PROFILE, '{"metadata":{},"spec":{"labelsToApply":[1]}}', "spec.labelsToApply has a value of the wrong type"),
        (TIER, '{"spec":null,"extra":[null,1.0,{}],"":{"":""},"a: b":"- c","~":null,"<<":{"x":1},"=":"="}', ""),
        (TIER, '{"spec":{"a":"\\u0000\\u0085\\u2028\\ufeff\\n \\t","b":"é"}}', ""),
        ("/calico/ipam/v2/a\x01é", "[]", "is not a JSON object"),
        ("/calico/ipam/v2/a\x01é", "{}", ""),
    ],
)
def test_import_takes_every_export(store: Etcd, calicoctl: Calicoctl, key: str, value: str, reason: str) -> None:
    """What `import` would reject is not exported, so that it does not keep all else from being restored."""
    store.put(key, value)
    put_object(store, object_key("tiers", "other"), {"order": 7})
    before = {each: json.loads(store.get(each) or b"") for each in store.keys("/calico/")}
    exported = calicoctl("export")
    store.wipe()
    assert calicoctl("import", "-f", "-", input=exported.stdout).exit_code == 0
    assert read_object(store, object_key("tiers", "other"))["spec"] == {"order": 7}
    if reason:
        assert (store.get(key), exported.stderr.count("not exported"), reason in exported.stderr) == (None, 1, True)
        return
    assert exported.stderr == ""
    restored = read_object(store, key)
    restored.pop("metadata", None)
    before[key].pop("metadata", None)
    assert restored == before[key]


def test_dry_run_writes_nothing(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    exported = calicoctl("export").stdout
    two_resources.wipe()
    result = calicoctl("import", "-f", "-", "--dry-run", input=exported)
    assert (result.exit_code, two_resources.keys()) == (0, [])
    assert "Tier/default created" in result.stdout


def test_other_cluster_keeps_its_identity(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(policy("p")))
    exported = calicoctl("export").stdout
    store.wipe()
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    guid = read_object(store, CLUSTER_KEY)["spec"]["clusterGUID"]
    result = calicoctl("import", "-f", "-", input=exported)
    assert "ClusterInformation/default kept (the datastore is another cluster)" in result.stdout
    assert read_object(store, CLUSTER_KEY)["spec"]["clusterGUID"] == guid


def test_changed_object_is_configured_and_keeps_its_uid(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    uid = read_object(store, TIER_KEY)["metadata"]["uid"]
    exported = calicoctl("export").stdout.replace("order: 1000000", "order: 7")
    assert "Tier/default configured" in calicoctl("import", "-f", "-", input=exported).stdout
    tier = read_object(store, TIER_KEY)
    assert (tier["spec"]["order"], tier["metadata"]["uid"]) == (7, uid)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("key: /calico/res", "key: /other/res"), "metadata.key"),
        (("  spec:\n    apiVersion", "  spec: 3\n  x:\n    apiVersion"), "spec"),
        (("kind: Tier", "kind: Tier\n    metadata: 3"), "duplicate"),
    ],
)
def test_invalid_object_is_rejected(store: Etcd, calicoctl: Calicoctl, change: tuple[str, str], message: str) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    text, revision = calicoctl("export").stdout.replace(*change), store.revision()
    result = calicoctl("import", "-f", "-", input=text)
    assert (result.exit_code, message in result.stderr, store.revision()) == (3, True, revision)


def test_repeated_object_is_rejected(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    text = calicoctl("export").stdout
    result = calicoctl("import", "-f", "-", input=text + text)
    assert (result.exit_code, "duplicate object (first at -:" in result.stderr) == (3, True)


def test_apply_names_the_command_for_stored_objects(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("apply", "-f", "-", input=calicoctl("export").stdout)
    assert (result.exit_code, "calicoctl import -f -" in result.stderr) == (3, True)
