"""What others have put into the datastore is judged as the agent judges it, and what can't be is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from calicoctl.analysis import PolicySet, Reachability, build_policy_set
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.sets.services import Service
from calicoctl.config import Settings
from calicoctl.datastore import connect
from calicoctl.kinds.values.protocols import TCP
from calicoctl.operations.load.manifests import LoadOptions, load_resources
from calicoctl.operations.policy_sets.sources import sources_before_after, sources_from_datastore
from tests.support.etcd_server import Etcd
from tests.support.runner import Calicoctl
from tests.support.stored_objects import object_key, policy_key, profile_key, put_object

WEB, DB, POD = "10.0.0.1", "10.0.0.2", "10.0.0.3"
ALLOW = {"action": "Allow", "source": {}, "destination": {}}
DENY = {"action": "Deny", "source": {}, "destination": {}}


@pytest.fixture
def stored_workloads(store: Etcd) -> Etcd:
    """Two workloads, and a third one in a namespace of Kubernetes; each lets everything out and nothing in."""
    objects = [_profile("kns.prod", {"pcns.stage": "prod"}), *_workload("web", WEB), *_workload("db", DB)]
    spec = {"orchestrator": "k8s", "pod": "p", "profiles": ["kns.prod"], "serviceAccountName": "robot"}
    objects.append(_endpoint("prod/n-k8s-p-eth0", {**spec, "ipNetworks": [f"{POD}/32"]}))
    # One transaction: comparisons, what to do if they hold, and what else.
    puts = "".join(f"put {json.dumps(key)} {json.dumps(json.dumps(value))}\n" for key, value in objects)
    store.etcdctl("txn", input=f"\n{puts}\n\n")
    return store


def _workload(name: str, own: str) -> list[tuple[str, Any]]:
    spec = {"orchestrator": "cni", "containerID": name, "profiles": [name], "ipNetworks": [f"{own}/32"]}
    return [_profile(name, {"role": name}), _endpoint(f"default/n-cni-{name}-eth0", spec)]


def _profile(name: str, labels: dict[str, str]) -> tuple[str, Any]:
    return profile_key(name), {"metadata": {"name": name}, "spec": {"egress": [ALLOW], "labelsToApply": labels}}


def _endpoint(place: str, spec: dict[str, Any]) -> tuple[str, Any]:
    namespace, _, name = place.partition("/")
    labels = {"projectcalico.org/namespace": namespace, "projectcalico.org/orchestrator": spec["orchestrator"]}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    whole = {"node": "n", "endpoint": "eth0", "interfaceName": "cali0", **spec}
    return object_key("workloadendpoints", place), {"metadata": metadata, "spec": whole}


def put_policy(store: Etcd, name: str, /, **spec: Any) -> None:
    put_object(store, policy_key(name), {"types": ["Ingress"], **spec})


def put_tier(store: Etcd, name: str, **spec: Any) -> None:
    put_object(store, object_key("tiers", name), spec)


def policy_set_from_datastore(store: Etcd, *manifests: str) -> PolicySet:
    located = (
        load_resources(manifests, recursive=False, options=LoadOptions(positions=True)).resources if manifests else ()
    )
    with connect(Settings((store.endpoint,))) as datastore:
        found = sources_from_datastore(datastore, located)
    return build_policy_set(found.sources, found.notes)


def reachable_sources(found: PolicySet, destination: str = DB, port: int = 80) -> set[str]:
    """Who reaches an endpoint."""
    analysis = Reachability(found)
    to_group = analysis.address_space.class_of(parse_address(destination))
    assert to_group
    groups = {
        place: analysis.address_space.class_of(parse_address(place))
        for place in {WEB, DB, POD, "192.0.2.1"} - {destination}
    }
    return {
        place
        for place, group in groups.items()
        if group and Service(TCP, 40000, port) in analysis.allowed(group, to_group)
    }


def test_nothing_comes_in_and_nothing_is_noted(stored_workloads: Etcd) -> None:
    found = policy_set_from_datastore(stored_workloads)
    assert reachable_sources(found) == set()
    assert found.notes == ()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"selector": "role == 'web'"}, {WEB}),
        ({"namespaceSelector": "stage == 'prod'"}, {POD}),
        ({"namespaceSelector": "all()"}, {WEB, POD}),
        ({"namespaceSelector": "global()"}, set()),
        ({"namespaceSelector": "stage == 'prod'", "selector": "role == 'web'"}, set()),
        ({"serviceAccounts": {"names": ["robot", "other"]}}, {POD}),
        ({"serviceAccounts": {"names": ["other"]}}, set()),
        ({"serviceAccounts": {"selector": "all()"}}, {WEB, POD}),
        ({}, {WEB, POD, "192.0.2.1"}),
    ],
    ids=lambda given: str(given if isinstance(given, dict) else sorted(given)),  # sets have no order of their own
)
def test_criteria_of_v3_that_v1_has_words_for(
    stored_workloads: Etcd, source: dict[str, Any], expected: set[str]
) -> None:
    put_policy(stored_workloads, "p", selector="role == 'db'", ingress=[{**ALLOW, "source": source}])
    found = policy_set_from_datastore(stored_workloads)
    assert reachable_sources(found) == expected
    assert found.notes == ()


def test_a_kubernetes_service_matches_no_endpoint_and_is_reported(stored_workloads: Etcd) -> None:
    rule = {**ALLOW, "source": {"services": {"name": "s", "namespace": "prod"}}}
    put_policy(
        stored_workloads,
        "p",
        selector="role == 'db'",
        ingress=[rule, {**DENY, "source": {"selector": "role == 'web'"}}, ALLOW],
    )
    found = policy_set_from_datastore(stored_workloads)
    assert reachable_sources(found) == {POD, "192.0.2.1"}
    assert found.notes == (
        "policy/p: ingress[0] requires source.services, which only Kubernetes supports: matches nothing",
    )


def test_trace_reports_the_criterion_of_a_service(stored_workloads: Etcd, calicoctl: Calicoctl) -> None:
    rule = {**ALLOW, "source": {"services": {"name": "s", "namespace": "prod"}}}
    put_policy(stored_workloads, "p", selector="role == 'db'", ingress=[rule])
    result = calicoctl("trace", "--from", WEB, "--to", DB, "--protocol", "tcp", "--port", "80")
    assert result.exit_code == 1
    assert "source.services is supported in Kubernetes only" in result.stdout
    assert "warning: policy/p: ingress[0] requires source.services" in result.stderr


def test_unsupported_criteria_are_reported(stored_workloads: Etcd) -> None:
    rule = {**ALLOW, "http": {"methods": ["GET"]}}
    put_policy(stored_workloads, "p", selector="role == 'db'", ingress=[rule])
    found = policy_set_from_datastore(stored_workloads)
    assert reachable_sources(found) == {WEB, POD, "192.0.2.1"}
    assert found.notes == ("policy/p: ingress[0] also matches by http: evaluated without that",)


def test_a_policy_is_limited_by_namespace_and_account(stored_workloads: Etcd) -> None:
    for field, text, limited in (
        ("namespaceSelector", "stage == 'prod'", 'pcns.stage == "prod"'),
        ("namespaceSelector", "all()", "has(projectcalico.org/namespace)"),
        ("serviceAccountSelector", "all()", "has(projectcalico.org/serviceaccount)"),
    ):
        put_policy(stored_workloads, "p", ingress=[ALLOW], **{field: text})
        found = policy_set_from_datastore(stored_workloads)
        everywhere = "namespace)" in limited
        assert reachable_sources(found, POD) == {WEB, DB, "192.0.2.1"}
        assert bool(reachable_sources(found, DB)) == everywhere, text
        assert found.notes == (f"policy/p: selects only {limited}, which v1 does not show",)


@pytest.mark.parametrize(
    ("first", "action", "expected"),
    [
        ({"order": 1.0}, "Deny", {WEB}),  # what the first tier denies, or leaves undecided, stays denied
        ({"order": 1.0}, "Pass", {WEB, POD, "192.0.2.1"}),
        ({"order": 1.0, "defaultAction": "Pass"}, "Log", {WEB, POD, "192.0.2.1"}),
        ({"order": 2000000.0}, "Deny", {WEB, POD, "192.0.2.1"}),
    ],
)
def test_tiers_are_tried_in_their_order(
    stored_workloads: Etcd, first: dict[str, Any], action: str, expected: set[str]
) -> None:
    """The policy of the other tier allows web; what it does with all else is a parameter."""
    put_tier(stored_workloads, "default", order=1000000, defaultAction="Deny")
    put_tier(stored_workloads, "safe", **{"defaultAction": "Deny", **first})
    rules = [{**ALLOW, "source": {"selector": "role == 'web'"}}, {**DENY, "action": action}]
    put_policy(stored_workloads, "safe.p", tier="safe", selector="role == 'db'", order=9, ingress=rules)
    put_policy(stored_workloads, "q", tier="default", selector="role == 'db'", order=1, ingress=[ALLOW])
    found = policy_set_from_datastore(stored_workloads)
    assert reachable_sources(found) == expected
    turn = "before" if first["order"] < 1000000 else "after"
    assert found.notes == (f"policy/safe.p: in tier 'safe', which is evaluated {turn} that of v1",)


def test_a_tier_that_is_no_object_comes_last(stored_workloads: Etcd) -> None:
    put_tier(stored_workloads, "default", order=1000000, defaultAction="Deny")
    put_policy(stored_workloads, "p", tier="lost", selector="role == 'db'", order=1, ingress=[DENY])
    put_policy(stored_workloads, "q", selector="role == 'db'", order=2, ingress=[ALLOW])
    assert [str(policy.identifier) for policy in policy_set_from_datastore(stored_workloads).policies] == [
        "policy/q",
        "policy/p",
    ]


def test_without_types_both_directions_are_governed(stored_workloads: Etcd) -> None:
    put_object(stored_workloads, policy_key("p"), {"selector": "role == 'web'", "ingress": [ALLOW]})
    put_policy(stored_workloads, "q", selector="role == 'db'", ingress=[ALLOW])
    assert reachable_sources(policy_set_from_datastore(stored_workloads)) == {POD, "192.0.2.1"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"selector": "role = 'db'"}, "expected '=='"),
        ({"ingress": [{**DENY, "action": "Reject"}]}, "invalid action 'reject'"),
        ({"ingress": [{**DENY, "source": {"selector": "("}}]}, "selector"),
        ({"ingress": [{**DENY, "source": {"nets": ["10.0.0.0/8/8"]}}]}, "10.0.0.0/8/8"),
    ],
)
def test_a_policy_that_the_agent_rejects_is_excluded(
    stored_workloads: Etcd, change: dict[str, Any], fault: str
) -> None:
    put_policy(stored_workloads, "p", **{"selector": "role == 'db'", "order": 1, "ingress": [DENY], **change})
    put_policy(stored_workloads, "q", selector="role == 'db'", order=2, ingress=[ALLOW])
    found = policy_set_from_datastore(stored_workloads)
    assert reachable_sources(found) == {WEB, POD, "192.0.2.1"}
    (note,) = found.notes
    assert note.startswith("policy/p: the agent ignores it: ")
    assert fault in note


def test_a_rule_without_an_action_allows(stored_workloads: Etcd) -> None:
    put_policy(stored_workloads, "p", selector="role == 'db'", ingress=[{"source": {}, "destination": {}}])
    assert reachable_sources(policy_set_from_datastore(stored_workloads)) == {WEB, POD, "192.0.2.1"}


def test_the_profile_that_is_built_in_allows_all(stored_workloads: Etcd) -> None:
    spec = {"node": "n", "expectedIPs": [DB], "profiles": ["projectcalico-default-allow"], "interfaceName": "*"}
    stored_workloads.wipe()
    put_object(stored_workloads, object_key("hostendpoints", "n.eth0"), spec)
    found = policy_set_from_datastore(stored_workloads)
    assert reachable_sources(found) == {WEB, POD, "192.0.2.1"}
    assert not any("does not exist" in note for note in found.notes)


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ({"protocol": 1, "icmp": {"type": 8}}, "icmp with protocol 1"),
        ({"protocol": "ICMP", "icmp": {"code": 0}}, "icmp with a code and no type"),
        ({"source": {"nets": ["10.0.0.1/8"]}}, "10.0.0.1/8 is not in the form 10.0.0.0/8"),
        ({"source": {"notNets": ["0.0.0.0/0"]}}, "0.0.0.0/0 contains all addresses"),
        ({"protocol": "TCP", "destination": {"ports": [0]}}, "ports are 1 to 65535"),
        ({"destination": {"ports": [80]}}, "ports require protocol"),
    ],
)
def test_a_profile_that_the_agent_rejects_keeps_rules_but_not_labels(
    stored_workloads: Etcd, rule: dict[str, Any], fault: str
) -> None:
    put_object(
        stored_workloads, profile_key("web"), {"egress": [ALLOW, {**DENY, **rule}], "labelsToApply": {"role": "web"}}
    )
    put_policy(
        stored_workloads, "p", selector="role == 'db'", ingress=[{**ALLOW, "source": {"notSelector": "has(role)"}}]
    )
    found = policy_set_from_datastore(stored_workloads)
    assert reachable_sources(found) == {WEB, POD, "192.0.2.1"}
    (note,) = found.notes
    assert note.startswith("profile/web: the agent ignores its labels: egress[1]: ")
    assert fault in note


def test_the_key_is_the_name_that_counts(stored_workloads: Etcd) -> None:
    """The agent goes by keys and by what endpoints say, however v1 would spell that."""
    put_object(stored_workloads, profile_key("My_Net"), {"ingress": [ALLOW]}, name="other")
    spec = {"orchestrator": "cni", "containerID": "x", "profiles": ["My_Net"], "ipNetworks": ["10.0.0.9/32"]}
    key, value = _endpoint("default/n-cni-x-eth0", spec)
    stored_workloads.put(key, json.dumps(value))
    assert reachable_sources(policy_set_from_datastore(stored_workloads), "10.0.0.9") == {WEB, DB, POD, "192.0.2.1"}


def test_policies_of_namespaces_and_network_sets_are_evaluated(stored_workloads: Etcd) -> None:
    """In etcd as Calico 3.32 and 3.31 store them; the names of the latter have the tier."""
    put_object(
        stored_workloads,
        object_key("networkpolicies", "prod/default.p"),
        {"types": ["Ingress"], "ingress": [{**ALLOW, "source": {"selector": "role == 'web'"}}]},
    )
    put_policy(stored_workloads, "q", selector="role == 'db'", ingress=[{**ALLOW, "source": {"selector": "has(net)"}}])
    nets = {"spec": {"nets": ["192.0.2.0/24", "not a network"]}, "metadata": {"name": "s", "labels": {"net": ""}}}
    stored_workloads.put(object_key("globalnetworksets", "s"), json.dumps(nets))
    nets["spec"] = {"nets": [f"{WEB}/32"]}
    stored_workloads.put(object_key("networksets", "prod/s"), json.dumps(nets))
    found = policy_set_from_datastore(stored_workloads)
    assert reachable_sources(found, POD) == set()  # web is in another namespace than the policy
    assert reachable_sources(found, DB) == {WEB, "192.0.2.1"}
    assert found.notes == ()
    assert [str(policy.identifier) for policy in found.policies] == ["NetworkPolicy/prod/p", "policy/q"]


@pytest.mark.parametrize(
    ("plural", "place", "value", "fault"),
    [
        ("networkpolicies", "prod/p", {"spec": {"order": "1"}}, "spec.order has a value of the wrong type"),
        ("networkpolicies", "p", {}, "is not a key of a NetworkPolicy"),
        ("networksets", "prod/p", {"spec": {"nets": [1]}}, "spec.nets[0] has a value of the wrong type"),
        ("globalnetworksets", "p", {"metadata": {"labels": []}}, "metadata.labels has a value of the wrong type"),
        ("stagednetworkpolicies", "prod/p", {}, "omitted, as the agent does not enforce them"),
    ],
)
def test_v3_objects_that_are_not_evaluated_are_reported(
    stored_workloads: Etcd, plural: str, place: str, value: object, fault: str
) -> None:
    stored_workloads.put(object_key(plural, place), json.dumps(value))
    (note,) = policy_set_from_datastore(stored_workloads).notes
    assert object_key(plural, place) in note
    assert fault in note


def test_what_apply_would_keep_counts_under_a_manifest(stored_workloads: Etcd, tmp_path: Path) -> None:
    """The tier and the limits of v3 stay when a policy is applied, and so does what rules ask for in v3 words."""
    put_tier(stored_workloads, "default", order=1000000, defaultAction="Deny")
    put_tier(stored_workloads, "safe", order=1, defaultAction="Deny")
    rules = [{**ALLOW, "source": {"services": {"name": "s", "namespace": "prod"}}}]
    put_policy(stored_workloads, "p", tier="safe", namespaceSelector="stage == 'prod'", order=5, ingress=rules)
    put_policy(stored_workloads, "q", order=1, ingress=[ALLOW])
    manifest = tmp_path / "p.json"
    spec = {"order": 7, "ingress": [{"action": "allow"}, {"action": "log"}]}
    manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "policy", "metadata": {"name": "p"}, "spec": spec}))
    found = policy_set_from_datastore(stored_workloads, str(manifest))
    first, second = found.policies
    assert (str(first.identifier), first.order, first.tier.name) == ("policy/p", 7, "safe")
    assert first.ingress[0].unsupported_field == "source.services"
    assert first.ingress[1].location == f"{manifest}:1"
    assert str(second.identifier) == "policy/q"
    assert reachable_sources(found, POD) == set()
    assert reachable_sources(found, DB) == {WEB, POD, "192.0.2.1"}


@pytest.mark.parametrize("tier", [None, {"order": 1000000, "defaultAction": "Deny"}])
def test_a_new_policy_is_tried_among_those_that_are_there(stored_workloads: Etcd, tmp_path: Path, tier: Any) -> None:
    if tier:
        put_tier(stored_workloads, "default", **tier)
    put_policy(stored_workloads, "p", order=5, ingress=[DENY])
    for order, expected in ((4, {WEB, POD, "192.0.2.1"}), (6, set())):
        manifest = tmp_path / "new.json"
        spec = {"order": order, "ingress": [{"action": "allow"}]}
        manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "policy", "metadata": {"name": "a"}, "spec": spec}))
        found = policy_set_from_datastore(stored_workloads, str(manifest))
        assert reachable_sources(found) == expected
        assert found.notes == ()


def test_before_and_after_have_each_entry_once_and_the_notes_that_belong_to_them(
    stored_workloads: Etcd, tmp_path: Path
) -> None:
    rule = {**ALLOW, "http": {"methods": ["GET"]}}
    put_policy(stored_workloads, "p", ingress=[rule])
    put_policy(stored_workloads, "q", ingress=[rule])
    manifest = tmp_path / "p.json"
    spec = {"ingress": [{"action": "deny"}]}
    manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "policy", "metadata": {"name": "p"}, "spec": spec}))
    located = load_resources([str(manifest)], recursive=False, options=LoadOptions(positions=True)).resources
    with connect(Settings((stored_workloads.endpoint,))) as datastore:
        before, after = sources_before_after(datastore, located)
    assert [note.partition(":")[0] for note in before.notes] == ["policy/p", "policy/q"]
    assert [note.partition(":")[0] for note in after.notes] == ["policy/q"]
    changed = {str(origin.identifier) for origin in {*before.sources} ^ {*after.sources}}
    assert changed == {"policy/p"}
    assert len(before.sources) == len(after.sources)
