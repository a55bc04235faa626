"""diff, diff --semantic, plan, apply --dry-run and apply agree: on every store, every manifest and every option."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from calicoctl.config import Settings
from calicoctl.conversion.stored import to_stored
from calicoctl.datastore import Range, Write, connect
from calicoctl.datastore.client import Datastore
from calicoctl.kinds import find_kind
from calicoctl.kinds.values.set_membership import with_set
from calicoctl.storage import PREFIX, StoredResource, encode
from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, manifest, policy, pool, profile
from tests.support.runner import Calicoctl, Result

CHANGES = {"created", "configured", "pruned"}
_RULE = {"action": "allow", "protocol": "tcp", "source": {"net": "10.0.0.0/8"}}


def _variants(number: int) -> dict[str, dict[str, Any]]:
    """The resources by name. Each number gives other contents."""
    rules = [{**_RULE, "destination": {"ports": [number + 1]}}]
    return {
        "profile/a": profile("a", labels={"role": f"r{number}"}, ingress=rules[:number]),
        "profile/b": profile("b", tags=["t"] * min(number, 1)),
        "policy/p": policy("p", order=number, selector="has(role)", ingress=rules),
        "policy/q": policy("q", selector="has(edge)", types=["ingress"], ingress=rules[:number]),
        "hostEndpoint/n/e": host_endpoint(
            "n", "e", labels={"edge": "x"} if number else None, profiles=["b"] if number < 2 else []
        ),
        "ipPool/x": pool("10.1.0.0/16", disabled=number == 1),
        "ipPool/y": pool("10.1.128.0/17" if number == 2 else "10.2.0.0/16"),
    }


NAMES = tuple(_variants(0))


class StoredState(NamedTuple):
    """What the store has of one resource."""

    number: int
    set_name: str | None
    oddity: str
    """A difference that v1 does not show, or an unreadable value."""


states = st.builds(
    StoredState,
    st.integers(0, 2),
    st.sampled_from([None, "one", "two"]),
    st.sampled_from(
        [""] * 6
        + ["no uid", "v3-only criteria", "label of another tool", "unreadable"]
        + ["legacy layout", "both layouts"]
    ),
)
stores = st.dictionaries(st.sampled_from(NAMES), states)
manifests = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2), min_size=1)
set_options = st.one_of(
    st.just(()),
    st.sampled_from(["one", "two"]).map(lambda name: ("--set", name)),
    st.tuples(st.sampled_from(["one", "two"]), st.sampled_from([0, 1, 10])).map(
        lambda pair: ("--set", pair[0], "--prune", "--prune-max", str(pair[1]))
    ),
)
flags = st.lists(st.sampled_from(["--force", "--allow-lockout"]), unique=True).map(tuple)


@pytest.fixture
def datastore(store: Etcd) -> Iterator[Datastore]:
    with connect(Settings((store.endpoint,), origin="a test")) as opened:
        yield opened


def _entries(name: str, state: StoredState) -> Iterator[Write]:
    kind = find_kind(name.partition("/")[0])
    assert kind
    resource = kind.resource(*kind.normalize(_variants(state.number)[name]))
    segments = kind.key_segments(kind.stored_name(resource.identifier))
    layouts = {"legacy layout": [True], "both layouts": [False, True]}.get(state.oddity, [False])
    for segment in dict.fromkeys(kind.segment_for_new(segments, legacy) for legacy in layouts):
        stored = to_stored(kind, resource, kind.stored_kind.key(segment), None).stored
        stored = with_set(stored, state.set_name) if state.set_name else stored
        value = b"[]" if state.oddity == "unreadable" else encode(_with_oddity(stored, state.oddity), kind.stored_kind)
        yield Write(stored.key, value, 0)


def _with_oddity(stored: StoredResource, oddity: str) -> StoredResource:
    if oddity == "no uid":
        return replace(stored, metadata={key: text for key, text in stored.metadata.items() if key != "uid"})
    if oddity == "label of another tool" and "/profiles/" in stored.key:
        spec = {**stored.spec, "labelsToApply": {**stored.spec.get("labelsToApply", {}), "other": "tool"}}
        return replace(stored, spec=spec)
    if oddity == "v3-only criteria" and stored.spec.get("ingress"):
        rules = [{**rule, "http": {"methods": ["GET"]}} for rule in stored.spec["ingress"]]
        return replace(stored, spec={**stored.spec, "ingress": rules})
    return stored


def _fill(datastore: Datastore, contents: Mapping[str, StoredState]) -> None:
    entries = datastore.read([Range("/calico/", prefix=True)]).entries_by_range[0]
    datastore.commit([Write(entry.key, None, entry.mod_revision) for entry in entries])
    information = {"kind": "ClusterInformation", "metadata": {"name": "default"}, "spec": {"datastoreReady": True}}
    cluster = Write(f"{PREFIX}clusterinformations/default", json.dumps(information).encode(), 0)
    datastore.commit([cluster, *(write for name, state in contents.items() for write in _entries(name, state))])


def _errors(result: Result) -> list[Any]:
    return [record for line in result.stderr.splitlines() if "error" in (record := json.loads(line))]


def _actions(content: Any) -> list[tuple[str, str, str]]:
    return [(record["kind"], record["name"], record["action"]) for record in content]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=stores, applied=manifests, sets=set_options, more=flags, planned=st.booleans())
def test_every_preview_is_what_apply_does(
    datastore: Datastore,
    calicoctl: Calicoctl,
    contents: Mapping[str, StoredState],
    applied: Mapping[str, int],
    sets: tuple[str, ...],
    more: tuple[str, ...],
    planned: bool,
    tmp_path: Path,
) -> None:
    _fill(datastore, contents)
    text = manifest(*(_variants(number)[name] for name, number in applied.items()))

    def run(verb: str, *options: str) -> Result:
        return calicoctl(verb, "-f", "-", "-o", "json", *sets, *more, *options, input=text)

    file = str(tmp_path / "change.plan")
    diff, plan, semantic = run("diff"), run("plan", "--save", file), run("diff", "--semantic")
    dry_run = run("apply", "--dry-run")
    if planned and plan.exit_code == 0:
        assert calicoctl("plan", "--show", file, "-o", "json").stdout == plan.stdout
        done = calicoctl("apply", "--plan", file, "-o", "json", *({"--allow-lockout"} & {*more}))
    else:
        done = run("apply")
    event(f"exit code {done.exit_code}")
    if done.exit_code:
        for preview in (diff, plan, dry_run, semantic):
            assert (preview.exit_code, _errors(preview)) == (done.exit_code, _errors(done))
        return
    actions = _actions(json.loads(done.stdout))
    assert _actions(json.loads(diff.stdout)) == actions
    assert _actions(json.loads(plan.stdout)["resources"]) == actions
    assert _actions(json.loads(dry_run.stdout)) == actions
    changed = any(action in CHANGES for _, _, action in actions)
    assert (diff.exit_code, plan.exit_code, dry_run.exit_code) == (int(changed), 0, 0)
    assert semantic.exit_code in {0, 1} or "nothing to compare" in semantic.stderr
    stored = json.loads(calicoctl("get", "all", "-o", "json").stdout)
    assert all(each["after"] in stored for each in json.loads(diff.stdout) if each["after"])
    assert not any(each["before"] in stored for each in json.loads(diff.stdout) if each["action"] == "pruned")
    assert run("diff").exit_code == 0
