"""What the verbs owe the store as a whole: initialisation, the lock, and the metadata that Calico wants."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import (
    CLUSTER_KEY,
    CREATION_TIMESTAMP,
    TIER_KEY,
    UID,
    mod_revision,
    policy_key,
    profile_key,
    put_cluster_information,
    put_object,
    read_object,
)

ALLOW = [{"action": "allow"}]


@pytest.mark.parametrize("verb", ["apply", "create"])
def test_a_bare_store_is_initialised_in_the_transaction_of_the_first_write(
    store: Etcd, calicoctl: Calicoctl, verb: str
) -> None:
    calicoctl(verb, "-f", "-", input=manifest(profile("a"), policy("p")))
    keys = (CLUSTER_KEY, TIER_KEY, profile_key("a"), policy_key("p"))
    assert store.keys() == sorted(keys)
    assert len({mod_revision(store, key) for key in keys}) == 1


def test_initialization_of_an_empty_store(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    cluster, tier = read_object(store, CLUSTER_KEY), read_object(store, TIER_KEY)
    assert cluster["kind"] == "ClusterInformation"
    assert cluster["spec"]["datastoreReady"] is True
    assert re.fullmatch(r"[0-9a-f]{32}", cluster["spec"]["clusterGUID"])
    assert (tier["kind"], tier["spec"]) == ("Tier", {"order": 1000000, "defaultAction": "Deny"})
    assert {document["metadata"]["name"] for document in (cluster, tier)} == {"default"}


def test_it_is_initialised_once(store: Etcd, calicoctl: Calicoctl) -> None:
    for name in "ab":
        calicoctl("apply", "-f", "-", input=manifest(profile(name)))
    assert mod_revision(store, CLUSTER_KEY) == mod_revision(store, TIER_KEY) == mod_revision(store, profile_key("a"))


@pytest.mark.parametrize(("there", "missing"), [(CLUSTER_KEY, TIER_KEY), (TIER_KEY, CLUSTER_KEY)])
def test_an_initialized_store_is_not_changed(store: Etcd, calicoctl: Calicoctl, there: str, missing: str) -> None:
    put_object(store, there, {"datastoreReady": True, "clusterGUID": "theirs"})
    before = mod_revision(store, there)
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    assert mod_revision(store, there) == before
    assert mod_revision(store, missing) == mod_revision(store, profile_key("a"))


def test_a_first_write_of_more_than_one_transaction_initialises_the_store(store: Etcd, calicoctl: Calicoctl) -> None:
    text = manifest(*(policy(f"p{index}") for index in range(200)))
    assert calicoctl("create", "-f", "-", input=text).exit_code == 0
    assert len(store.keys()) == 202


@pytest.mark.parametrize(
    "arguments",
    [("get", "profile"), ("get", "profile", "a"), ("delete", "profile", "a"), ("delete", "-s", "profile", "a")],
)
def test_get_and_delete_initialise_nothing(store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...]) -> None:
    calicoctl(*arguments)
    assert store.keys() == []


@pytest.mark.parametrize(
    "arguments",
    [("apply",), ("create",), ("create", "--skip-exists"), ("replace",), ("delete",), ("apply", "--force")],
)
def test_a_locked_store_refuses_writes(store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...]) -> None:
    put_object(store, profile_key("a"))
    put_cluster_information(store, datastoreReady=False)
    before = store.revision()
    result = calicoctl(*arguments, "-f", "-", input=manifest(profile("a", ingress=ALLOW)))
    assert (result.exit_code, result.stdout) == (8, "")
    assert result.stderr == (
        f"the datastore is locked: datastoreReady is false in {CLUSTER_KEY} "
        "(calicoctl 3.x unlocks it: calicoctl datastore migrate unlock)\n"
    )
    assert store.revision() == before


def test_a_locked_store_can_be_read(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, profile_key("a"))
    put_cluster_information(store, datastoreReady=False)
    assert calicoctl("get", "profile", "-o", "name").stdout == "profile/a\n"


@pytest.mark.parametrize("value", ["no json", "[]"])
def test_a_lock_that_cannot_be_read_counts(store: Etcd, calicoctl: Calicoctl, value: str) -> None:
    store.put(CLUSTER_KEY, value)
    result = calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    assert (result.exit_code, result.stdout) == (8, "")
    assert result.stderr.startswith(f"{CLUSTER_KEY} is not ")
    assert "cannot determine whether the datastore is locked" in result.stderr


@pytest.mark.parametrize("verb", ["apply", "replace"])
def test_uid_and_creation_time_are_kept(store: Etcd, calicoctl: Calicoctl, verb: str) -> None:
    put_object(store, profile_key("a"))
    calicoctl(verb, "-f", "-", input=manifest(profile("a", ingress=ALLOW)))
    document = read_object(store, profile_key("a"))
    assert document["spec"]["ingress"]
    assert (document["metadata"]["uid"], document["metadata"]["creationTimestamp"]) == (UID, CREATION_TIMESTAMP)


def test_new_objects_have_uid_and_creation_time(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    metadata = read_object(store, profile_key("a"))["metadata"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", metadata["uid"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", metadata["creationTimestamp"])


@pytest.mark.parametrize("time", [None, ""])
def test_what_old_tools_left_out_of_the_metadata_is_filled_in(
    store: Etcd, calicoctl: Calicoctl, time: str | None
) -> None:
    """Without them no Calico tool could change the object any more."""
    document = {"kind": "Profile", "metadata": {"name": "a", "creationTimestamp": time}, "spec": {}}
    store.put(profile_key("a"), json.dumps(document))
    calicoctl("apply", "-f", "-", input=manifest(profile("a", ingress=ALLOW)))
    metadata = read_object(store, profile_key("a"))["metadata"]
    assert metadata["uid"]
    assert metadata["creationTimestamp"]


def test_a_deleted_resource_is_created_anew(store: Etcd, calicoctl: Calicoctl) -> None:
    text = manifest(profile("a"))
    calicoctl("apply", "-f", "-", input=text)
    first = read_object(store, profile_key("a"))["metadata"]["uid"]
    calicoctl("delete", "-f", "-", input=text)
    assert calicoctl("create", "-f", "-", input=text).exit_code == 0
    assert read_object(store, profile_key("a"))["metadata"]["uid"] != first


def test_version_shows_what_the_store_says(store: Etcd, calicoctl: Calicoctl) -> None:
    put_cluster_information(store, calicoVersion="v3.21.2", clusterType="k8s,bgp")
    lines = dict(line.split(":", 1) for line in calicoctl("version").stdout.splitlines())
    assert lines["Cluster Version"].strip() == "v3.21.2"
    assert lines["Cluster Type"].strip() == "k8s,bgp"
    assert lines["Datastore"].strip() == store.endpoint


def test_version_of_a_bare_store(store: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("version")
    lines = dict(line.split(":", 1) for line in result.stdout.splitlines())
    assert result.exit_code == 0
    assert {lines["Cluster Version"].strip(), lines["Cluster Type"].strip()} == {"unknown"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", lines["Client Version"].strip())
    assert re.fullmatch(r"\d+\.\d+\.\d+", lines["Etcd Version"].strip())
    assert store.keys() == []
