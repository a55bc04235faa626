"""rollback to each earlier revision restores what `get` printed then, byte for byte."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, pool, profile
from tests.support.runner import Calicoctl

Command = tuple[tuple[str, ...], str]


def resources(number: int) -> list[dict[str, Any]]:
    """Resources; each number gives other contents."""
    return [
        profile("a", labels={"x": f"n{number}"}),
        profile("B_b", tags=["t"] * number),  # with a record of the v1 manifest
        policy("p", order=number, selector="x == 'é'"),
        policy("q", order=number),
        pool("10.0.0.0/16", disabled=number == 1),
    ]


def put(verb: tuple[str, ...], indexes: set[int], number: int) -> Command:
    return verb, manifest(*(resources(number)[index] for index in sorted(indexes)))


verbs = st.sampled_from(
    [
        ("apply", "-f", "-"),
        ("apply", "-f", "-", "--max-txn-ops=2"),
        ("apply", "-f", "-", "--set=s", "--prune"),
        ("create", "-f", "-", "--skip-exists"),
        ("replace", "-f", "-"),
        ("delete", "-f", "-", "--ignore-not-found"),
    ]
)
commands = st.one_of(
    st.builds(put, verbs, st.sets(st.integers(0, 4), min_size=1), st.integers(0, 2)),
    st.sampled_from(
        [
            (("label", "profile", "a", "y=1", "--overwrite"), ""),
            (("patch", "policy", "p", "-p", "{spec: {order: 9}}"), ""),
            (("set", "remove", "profile/a"), ""),
            (("rollback", "--last", "--yes"), ""),
        ]
    ),
)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(commands, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_each_earlier_state_is_restored(store: Etcd, calicoctl: Calicoctl, steps: list[Command], random: Any) -> None:
    store.wipe()
    calicoctl("apply", "-f", "-", input=manifest(*resources(0)))
    states: dict[int, tuple[str, dict[str, bytes]]] = {}

    def remember() -> None:
        states[store.revision()] = calicoctl("get", "all", "-o", "yaml").stdout, store.values()

    remember()
    for words, text in steps:
        calicoctl(*words, input=text)  # it may fail: then it changes nothing
        remember()
    revisions = list(states)
    for revision in random.sample(revisions, min(3, len(revisions))):
        result = calicoctl("rollback", str(revision), "--yes")
        assert result.exit_code == 0, result.stderr
        assert (calicoctl("get", "all", "-o", "yaml").stdout, store.values()) == states[revision]
