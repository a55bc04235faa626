"""Fixtures for the verbs: stores that hold resources."""

from __future__ import annotations

import pytest

from tests.support.etcd_server import Etcd
from tests.support.every_kind import EVERY_KIND_RESOURCES
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl


@pytest.fixture
def every_kind_stored(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    result = calicoctl("apply", "-f", "-", input=manifest(*EVERY_KIND_RESOURCES))
    # Only the failsafe ports of Felix allow traffic to these hosts so far.
    assert (result.exit_code, {"no rule yet" in line for line in result.stderr.splitlines()}) == (0, {True})
    return store


@pytest.fixture
def two_resources(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    """A store with profile/a and policy/p."""
    assert calicoctl("apply", "-f", "-", input=manifest(profile("a"), policy("p"))).exit_code == 0
    return store
