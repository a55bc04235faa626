"""Watching a set: members that join, move and leave."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from calicoctl.config import Settings
from calicoctl.datastore import connect, reflector
from calicoctl.kinds.policy import POLICY
from calicoctl.operations.read.query import Query
from calicoctl.operations.watch import WatchRequest, WatchUpdate, watch
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy
from tests.support.runner import Calicoctl


def next_events(updates: Iterator[WatchUpdate]) -> list[tuple[str, str, str | None]]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if events := next(updates).events:
            return [(event, resource.identifier.name, resource.set_name) for event, resource in events]
    raise TimeoutError("no event")


def test_members_join_and_leave(store: Etcd, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reflector, "POLL_SECONDS", 0.02)
    assert calicoctl("apply", "-f", "-", "--set", "web", input=manifest(policy("a"))).exit_code == 0
    assert calicoctl("apply", "-f", "-", input=manifest(policy("b"))).exit_code == 0
    with connect(Settings((store.endpoint,), origin="a test")) as datastore:
        members = watch(datastore, WatchRequest([Query(POLICY, {}, "web")]), lambda trouble: None)
        policies = watch(datastore, WatchRequest([Query(POLICY, {})]), lambda trouble: None)
        assert next_events(members) == [("ADDED", "a", "web")]
        assert next_events(policies) == [("ADDED", "a", "web"), ("ADDED", "b", None)]
        assert calicoctl("set", "add", "web", "policy/b").exit_code == 0
        assert next_events(members) == [("ADDED", "b", "web")]
        assert next_events(policies) == [("MODIFIED", "b", "web")]
        assert calicoctl("set", "add", "mail", "policy/a", "--force").exit_code == 0
        assert next_events(members) == [("DELETED", "a", "web")]
        assert next_events(policies) == [("MODIFIED", "a", "mail")]
