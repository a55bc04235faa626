"""label: by name, by selector and with --all; invalid usage."""

from __future__ import annotations

import json

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, profile, workload_endpoint
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import object_key, profile_key, put_object, read_object


@pytest.fixture
def populated_store(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    resources = (
        profile("web", tags=["one"], labels={"role": "web"}),
        profile("db", labels={"role": "db"}),
        profile("end-"),
        host_endpoint("n1", "eth0", {"zone": "edge"}, profiles=["web"]),
        host_endpoint("n2", "eth0", profiles=["db"]),
        workload_endpoint("n1", "k8s", "prod.web-1", "eth0", {"a": "b"}, ipNetworks=["10.0.0.1"], profiles=["web"]),
    )
    assert calicoctl("apply", "-f", "-", input=manifest(*resources)).exit_code == 0
    return store


def stored_labels(store: Etcd, name: str) -> dict[str, str]:
    found: dict[str, str] = read_object(store, profile_key(name))["spec"].get("labelsToApply", {})
    return found


def test_labels_are_set_and_removed_in_one_write(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    done = calicoctl("label", "profile", "web", "tier=front", "x/y=", "role-")
    assert done == Result(0, "profile/web configured (labels removed: role)\n1 configured\n", "")
    assert stored_labels(populated_store, "web") == {"one": "", "tier": "front", "x/y": ""}
    assert populated_store.revision() == before + 1
    assert calicoctl("get", "profile", "web", "-o", "custom-columns=TAGS").stdout.split() == ["TAGS", "one"]


def test_no_change_is_not_written(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    done = calicoctl("label", "profile/web", "role=web", "none-")
    assert done == Result(0, "profile/web unchanged\n1 unchanged\n", "warning: profile/web: no label 'none'\n")
    assert populated_store.revision() == before


def test_another_value_wants_overwrite(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    done = calicoctl("label", "profile", "web", "db", "role=db")
    message = "profile/web: label 'role' is 'web' already (--overwrite changes it to 'db')\n"
    assert done == Result(5, "", message)
    assert populated_store.revision() == before
    done = calicoctl("label", "profile", "web", "db", "role=db", "--overwrite")
    assert done.stdout == "profile/web configured\nprofile/db unchanged\n1 configured, 1 unchanged\n"
    assert stored_labels(populated_store, "web")["role"] == "db"


def test_endpoints_are_labelled_by_all_that_names_them(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("label", "hep", "eth0", "--node", "n1", "zone-", "a=b").exit_code == 0
    shown = calicoctl("get", "hep", "-n", "n1", "-o", "custom-columns=LABELS").stdout
    assert shown.split() == ["LABELS", "a=b"]
    name = "workloadEndpoint/n1/k8s/prod.web-1/eth0"
    key = object_key("workloadendpoints", "prod/n1-k8s-web--1-eth0")
    before = read_object(populated_store, key)["metadata"]["labels"]
    assert calicoctl("label", name, "a-") == Result(0, f"{name} configured\n1 configured\n", "")
    assert before.pop("a") == "b"
    assert read_object(populated_store, key)["metadata"]["labels"] == before  # those of Calico stay
    assert before


def test_a_selector_sees_what_endpoints_inherit(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    done = calicoctl("label", "hep", "-l", "role == 'web'", "seen=yes")
    assert done == Result(0, "hostEndpoint/n1/eth0 configured\n1 configured\n", "")
    assert populated_store.revision() == before + 1
    assert calicoctl("label", "hep", "-l", "role == 'none'", "seen=no") == Result(0, "nothing to do\n", "")


def test_list(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    assert calicoctl("label", "profile", "web", "--list") == Result(0, "role=web\n", "")
    assert calicoctl("label", "profile/web", "--list").stdout == "role=web\n"
    assert calicoctl("label", "profile,hep", "--list").stdout == (
        "profile/db\n  role=db\nprofile/end-\nprofile/web\n  role=web\n"
        "hostEndpoint/n1/eth0\n  zone=edge\nhostEndpoint/n2/eth0\n"
    )
    assert calicoctl("label", "hep", "-l", "role == 'db'", "--list").stdout == "hostEndpoint/n2/eth0\n"
    assert json.loads(calicoctl("label", "profile/db", "profile/end-", "--list", "-o=json").stdout) == [
        {"kind": "profile", "name": "db", "labels": {"role": "db"}},
        {"kind": "profile", "name": "end-", "labels": {}},
    ]
    assert calicoctl("label", "profile/none", "--list") == Result(6, "", "profile/none not found\n")
    some = calicoctl("label", "profile", "web", "none", "--list", "-o", "json")
    assert (some.exit_code, [each["name"] for each in json.loads(some.stdout)]) == (6, ["web"])
    assert populated_store.revision() == before


def test_several_kinds(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    done = calicoctl("label", "profile,hep", "-l", "role == 'web'", "seen=yes")
    assert done.stdout == "profile/web configured\nhostEndpoint/n1/eth0 configured\n2 configured\n"
    assert calicoctl("get", "pro,hep", "-o=name", "-l=has(seen)").stdout.split() == [
        "profile/web",
        "hostEndpoint/n1/eth0",
    ]
    assert calicoctl("label", "hep,profile", "--all", "all=1").stdout.endswith("\n5 configured\n")


def test_all_of_a_kind_or_of_a_node(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    done = calicoctl("label", "profiles", "--all", "x=y", "none-")
    assert done == Result(
        0, "profile/db configured\nprofile/end- configured\nprofile/web configured\n3 configured\n", ""
    )
    assert populated_store.revision() == before + 1
    done = calicoctl("label", "hep", "--all", "-n", "n2", "x=y")
    assert done.stdout == "hostEndpoint/n2/eth0 configured\n1 configured\n"


def test_a_name_that_ends_with_a_dash_is_given_with_its_kind(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("label", "profile/end-", "x=y").stdout.startswith("profile/end- configured\n")
    assert calicoctl("label", "profile", "end-").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        (("a=-b", "c/=d"), "profile: metadata.labels.a: '-b': the value of a label is"),
        (("c/=d",), "profile: metadata.labels['c/']: 'c/': a label is named"),
        (("a=b=c",), "profile: metadata.labels.a: 'b=c': the value"),
        (("one=x",), "profile/web: metadata.tags[0]: "),
    ],
)
def test_labels_are_validated_as_in_a_manifest(
    populated_store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], stderr: str
) -> None:
    before = populated_store.revision()
    done = calicoctl("label", "profile", "web", *arguments)
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.startswith(stderr)
    assert populated_store.revision() == before


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        (("policy", "web", "a=b"), "label: policy does not have labels (kinds with labels are profile, "),
        (("profile", "web"), "missing labels (write KEY=VALUE to set a label, KEY- to remove it)\n"),
        (("a=b",), "missing resources to label"),
        (("profile", "web", "a=b", "--list"), "--list cannot be combined with changes of labels\n"),
        (("profile", "web", "--list", "-l", "has(a)"), "-l cannot be combined with names\n"),
        (("policy", "--list"), "label: policy does not have labels"),
        (("--list",), "missing resources to label"),
        ((), "missing resources to label"),
        (("profile", "a=b"), "profile: incomplete name (label also requires its name, or -l or --all)\n"),
        (("profile", "web", "a=b", "db"), "invalid label 'db' ("),
        (("profile", "web", "a=b", "a-"), "duplicate label 'a'\n"),
        (("profile", "web", "=b"), "invalid label '=b': missing key\n"),
        (("profile", "web", "-l", "a == 'b'", "a=c"), "-l cannot be combined with names\n"),
        (("profile", "web", "--all", "a=c"), "--all cannot be combined with names\n"),
        (("profile", "--all", "-l", "has(a)", "a=c"), "-l and --all cannot be combined\n"),
        (("profile", "-l", "a = b", "a=c"), "-l: column 3: expected '==', found '='"),
        (("profile", "-l", "a=b", "a=c"), "-l: column 2: expected '==', found '=' (write -l \"a == 'b'\")\n"),
        (("profile", "-l", "", "--node", "n1", "a=c"), "--node is not a filter of profile"),
    ],
)
def test_wrong_usage(calicoctl: Calicoctl, arguments: tuple[str, ...], stderr: str) -> None:
    done = calicoctl("label", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(stderr)


def test_a_missing_resource_is_a_conflict(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    done = calicoctl("label", "profile", "web", "none", "a=b")
    assert done == Result(5, "", "profile/none: does not exist (use apply or create to create it)\n")
    assert populated_store.revision() == before


def test_fields_from_other_clients_are_kept(store: Etcd, calicoctl: Calicoctl) -> None:
    spec = {"labelsToApply": {"a": "b"}, "ingress": [{"action": "Allow", "http": {"methods": ["GET"]}}], "new": 1}
    put_object(store, profile_key("p"), spec, annotations={"example.org/note": "keep"})
    assert calicoctl("label", "profile", "p", "c=d").exit_code == 0
    document = read_object(store, profile_key("p"))
    assert document["spec"] == {**spec, "labelsToApply": {"a": "b", "c": "d"}}
    assert document["metadata"]["annotations"] == {"example.org/note": "keep"}
