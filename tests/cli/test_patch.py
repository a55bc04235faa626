"""patch: what it changes, what it refuses and where, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, node, policy, pool, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import (
    object_key,
    policy_key,
    profile_key,
    put_cluster_information,
    put_object,
    read_object,
)

ALLOW = {"action": "allow", "protocol": "tcp", "destination": {"ports": [80]}}


@pytest.fixture
def populated_store(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    resources = (
        policy("web", order=5, selector="a == 'b'", ingress=[ALLOW]),
        policy("db", order=1),
        profile("web", tags=["one"], labels={"role": "web", "tier": "front"}),
        host_endpoint("n1", "eth0", {"zone": "edge"}, profiles=["web"]),
        pool("10.0.0.0/16", name="first"),
        node("n1", bgp={"ipv4Address": "10.9.0.1/24", "ipv6Address": "fd00::1/64"}),
    )
    assert calicoctl("apply", "-f", "-", input=manifest(*resources)).exit_code == 0
    return store


def test_patch_changes_only_its_fields(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = read_object(populated_store, policy_key("web"))
    done = calicoctl("patch", "policy", "web", "-p", "{spec: {order: 10, selector: null}}")
    assert done == Result(0, "policy/web configured\n1 configured\n", "")
    after = read_object(populated_store, policy_key("web"))
    assert after["spec"].pop("order") == 10
    assert (before["spec"].pop("order"), before["spec"].pop("selector")) == (5, "a == 'b'")
    assert after["spec"] == before["spec"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


def test_no_change_is_not_written(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    for patch in ("{}", "{spec: {order: 5.0}}", '{"spec": {"types": ["ingress"]}}', "{metadata: {name: web}}"):
        assert calicoctl("patch", "policy/web", "-p", patch) == Result(0, "policy/web unchanged\n1 unchanged\n", "")
    assert populated_store.revision() == before


def test_lists_are_set_as_a_whole_and_mappings_merged(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    patch = '{"metadata": {"labels": {"tier": null, "x": "1.10"}, "tags": ["two"]}, "spec": {"ingress": []}}'
    assert calicoctl("patch", "profile", "web", "-p", patch).exit_code == 0
    assert read_object(populated_store, profile_key("web"))["spec"]["labelsToApply"] == {
        "role": "web",
        "x": "1.10",
        "two": "",
    }
    shown = calicoctl("get", "profile", "web", "-o", "yaml").stdout
    assert "tags:\n    - two\n" in shown
    assert "ingress" not in shown


@pytest.mark.parametrize(
    ("name", "patch", "gone"),
    [
        ("hostEndpoint/n1/eth0", "{metadata: {labels: null}}", "zone"),
        ("hostEndpoint/n1/eth0", "{spec: {profiles: null}}", "profiles"),
        ("node/n1", "{spec: {bgp: {ipv6Address: null}}}", "ipv6Address"),
        ("node/n1", "{spec: {bgp: null}}", "bgp"),
    ],
)
def test_null_removes_also_what_apply_would_keep(
    populated_store: Etcd, calicoctl: Calicoctl, name: str, patch: str, gone: str
) -> None:
    assert gone in calicoctl("get", name, "-o", "yaml").stdout
    assert calicoctl("patch", name, "-p", patch) == Result(0, f"{name} configured\n1 configured\n", "")
    assert gone not in calicoctl("get", name, "-o", "yaml").stdout


def test_several_resources_are_patched_in_one_transaction(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    before = populated_store.revision()
    done = calicoctl("patch", "policy/web", "policy/db", "-p", "{spec: {order: 7}}")
    assert done.stdout == "policy/web configured\npolicy/db configured\n2 configured\n"
    assert populated_store.revision() == before + 1
    assert calicoctl("patch", "policy", "web", "none", "-p", "{spec: {order: 8}}") == Result(
        5, "", "policy/none: does not exist (use apply or create to create it)\n"
    )
    assert populated_store.revision() == before + 1


def test_the_patch_can_come_from_a_file_or_stdin(populated_store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    path = tmp_path / "patch.yaml"
    for order, options in enumerate((["--patch-file", str(path)], ["-p", f"@{path}"]), start=20):
        path.write_text(f"spec:\n  order: {order}\n")
        assert calicoctl("patch", "policy", "web", *options).exit_code == 0
        assert read_object(populated_store, policy_key("web"))["spec"]["order"] == order
    for order, options in enumerate((["--patch-file", "-"], ["-p", "-"], ["-p", "@-"]), start=30):
        text = f'{{"spec": {{"order": {order}}}}}'
        assert calicoctl("patch", "policy", "web", *options, "--type", "merge", input=text).exit_code == 0
        assert read_object(populated_store, policy_key("web"))["spec"]["order"] == order


@pytest.mark.parametrize(
    ("name", "patch", "stderr"),
    [
        (
            "policy/web",
            "spec:\n  ordr: 1\n  order: x\n  selector: a = b\n",
            "-p:2:3: policy/web: spec.ordr: unknown field 'ordr' (did you mean 'order'?)\n"
            "-p:3:10: policy/web: spec.order: expected a number, found the text 'x'\n"
            "-p:4:15: policy/web: spec.selector: expected '==', found '='\n",
        ),
        ("policy/web", "{metadata: {name: x}}", "-p:1:19: policy/web: metadata.name: 'web' cannot be changed to 'x'"),
        ("policy/web", "{metadata: {name: null}}", "-p:1:12: policy/?: metadata: 'name' is missing\n"),
        ("policy/web", "{kind: profile}", "-p:1:8: policy/web: kind: the kind cannot be changed"),
        ("policy/web", "{kind: null}", "-p:1:1: policy/web: kind: the kind cannot be changed"),
        ("policy/web", "{apiVersion: v2}", "-p:1:14: policy/web: apiVersion: "),
        ("policy/web", "{spec: [1]}", "-p:1:8: policy/web: spec: expected a mapping, found a list\n"),
        ("policy/web", "{spec: {ingress: [null]}}", "-p:1:19: policy/web: spec.ingress[0]: expected a mapping"),
        ("policy/web", "{spec: {order: 1, order: 2}}", "-p:1:19: duplicate key 'order' (first on line 1)\n"),
        (
            "policy/web",
            "{spec: {ingress: [{action: allow, destination: {ports: [80]}}]}}",
            "-p:1:56: policy/web: spec.ingress[0]",
        ),
        ("profile/web", "{metadata: {labels: {a: -b}}}", "-p:1:25: profile/web: metadata.labels.a: '-b': the value"),
        # The field is invalid only in combination with fields outside of the patch.
        ("profile/web", "{metadata: {tags: [tier]}}", "-p:1:20: profile/web: metadata.tags[0]: "),
        ("profile/web", "{metadata: {labels: {one: x}}}", "-p: profile/web: metadata.tags[0]: "),
        ("hostEndpoint/n1/eth0", "{metadata: {node: n2}}", "-p:1:19: hostEndpoint/n1/eth0: metadata.node: 'n1' cannot"),
        ("ipPool/10.0.0.0/16", "{metadata: {name: null}}", "-p:1:12: ipPool/10.0.0.0/16: metadata.name: 'first'"),
    ],
)
def test_a_result_that_is_not_valid_is_refused_where_the_patch_says_it(
    populated_store: Etcd, calicoctl: Calicoctl, name: str, patch: str, stderr: str
) -> None:
    before = populated_store.revision()
    done = calicoctl("patch", name, "-p", patch)
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.startswith(stderr)
    assert populated_store.revision() == before


@pytest.mark.parametrize(
    ("patch", "stderr"),
    [
        ("", "-p: the text contains no patch (a merge patch is a mapping such as {spec: {order: 10}})\n"),
        ("null", "-p:1:1: the patch is not a mapping"),
        ("5", "-p:1:1: the patch is not a mapping"),
        ('[{"op": "remove", "path": "/spec/order"}]', "-p:1:1: the patch is a list, as JSON patches are"),
        ("a: 1\n---\nb: 2\n", "-p:3:1: a second document begins here (write one patch)\n"),
        ("{a: ", "-p:"),
        ("@no-such-file", "no-such-file: can't be read: No such file or directory\n"),
    ],
)
def test_an_invalid_patch_is_rejected(calicoctl: Calicoctl, patch: str, stderr: str) -> None:
    done = calicoctl("patch", "policy", "web", "-p", patch)
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.startswith(stderr)


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        (("policy", "web"), "missing patch"),
        (("policy", "web", "-p", "{}", "--patch-file", "x"), "-p and --patch-file cannot be combined"),
        (("policy", "-p", "{}"), "policy: incomplete name (patch also requires its name)"),
        (("-p", "{}"), "missing resources to patch"),
        (("hep", "eth0", "-p", "{}"), "hostEndpoint/eth0: incomplete name (patch also requires --node)"),
        (("policy", "web", "--type", "json", "-p", "[]"), "unknown patch type 'json' (write merge"),
        (("policy", "web", "--patch-file", ""), "missing patch"),
    ],
)
def test_wrong_usage(calicoctl: Calicoctl, arguments: tuple[str, ...], stderr: str) -> None:
    done = calicoctl("patch", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert stderr in done.stderr


V3_RULE: dict[str, Any] = {
    "action": "Allow",
    "protocol": "TCP",
    "source": {},
    "destination": {"ports": [80]},
    "http": {"methods": ["GET"]},
}


def test_v3_only_fields_are_kept_or_require_force(store: Etcd, calicoctl: Calicoctl) -> None:
    spec = {"ingress": [V3_RULE], "types": ["Ingress"], "namespaceSelector": "a == 'b'"}
    put_object(store, policy_key("p"), spec, labels={"team": "net"}, annotations={"example.org/note": "keep"})
    assert calicoctl("patch", "policy", "p", "-p", "{spec: {order: 3}}").exit_code == 0
    document = read_object(store, policy_key("p"))
    assert document["spec"] == {**spec, "order": 3}
    assert document["metadata"]["labels"]["team"] == "net"
    assert document["metadata"]["annotations"]["example.org/note"] == "keep"
    before = store.revision()
    deny = ("patch", "policy", "p", "-p", "{spec: {ingress: [{action: deny}]}}")
    assert calicoctl(*deny) == Result(
        8, "", "-p:1:1: policy/p: would drop a field that v1 cannot represent: ingress[0]: http (--force drops it)\n"
    )
    assert store.revision() == before
    assert calicoctl(*deny, "--force").stdout == "policy/p configured (dropped ingress[0]: http)\n1 configured\n"
    assert read_object(store, policy_key("p"))["spec"]["ingress"] == [
        {"action": "Deny", "source": {}, "destination": {}}
    ]


def test_names_of_the_store_count(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, policy_key("default.web"), {"order": 1})
    put_object(store, policy_key("web"), {"order": 2})
    ambiguous = calicoctl("patch", "policy", "web", "-p", "{spec: {order: 9}}")
    assert (ambiguous.exit_code, ambiguous.stdout) == (5, "")
    assert "matches more than one object" in ambiguous.stderr
    assert calicoctl("patch", "policy", "default.web", "-p", "{spec: {order: 9}}").exit_code == 0
    assert read_object(store, policy_key("default.web"))["spec"]["order"] == 9
    assert read_object(store, policy_key("web"))["spec"] == {"order": 2}


def test_an_unreadable_entry_is_not_patched(store: Etcd, calicoctl: Calicoctl) -> None:
    store.put(policy_key("p"), "{")
    done = calicoctl("patch", "policy", "p", "-p", "{spec: {order: 9}}")
    assert (done.exit_code, done.stdout) == (8, "")
    assert done.stderr.startswith(f"policy/p: {policy_key('p')} ")
    assert done.stderr.endswith("(delete it first: calicoctl delete policy/p)\n")
    assert store.get(policy_key("p")) == b"{"


def test_a_revision_in_the_patch_guards_it(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    done = calicoctl("patch", "policy", "web", "-p", '{metadata: {resourceVersion: "1"}, spec: {order: 9}}')
    assert (done.exit_code, done.stdout) == (5, "")
    assert "the manifest has revision 1" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("patch", "policy", "p", "-p", "{spec: {order: 9}}"), ("label", "profile", "p", "a=b")]
)
def test_a_locked_store_refuses(store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...]) -> None:
    put_cluster_information(store, datastoreReady=False)
    put_object(store, policy_key("p"))
    put_object(store, object_key("profiles", "p"))
    before = store.revision()
    done = calicoctl(*arguments)
    assert (done.exit_code, done.stdout) == (8, "")
    assert "the datastore is locked" in done.stderr
    assert store.revision() == before
