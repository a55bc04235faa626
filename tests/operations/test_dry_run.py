"""`--dry-run`: the report of the real run, made on the live store, and not a byte written."""

from __future__ import annotations

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import put_cluster_information

REMARK = " (dry run: nothing written)"
OLD = manifest(profile("a"), profile("b"))
NEW = manifest(profile("a", labels={"x": "y"}), profile("b"), policy("c"))


@pytest.mark.parametrize(
    ("verb", "before", "text", "options"),
    [
        ("apply", None, OLD, ()),
        ("apply", OLD, NEW, ()),
        ("apply", OLD, OLD, ()),
        ("create", None, NEW, ()),
        ("create", OLD, NEW, ("--skip-exists",)),
        ("create", OLD, NEW, ()),
        ("replace", OLD, OLD.replace("a\n", "a\n    labels: {k: v}\n", 1), ()),
        ("replace", OLD, NEW, ()),
        ("delete", OLD, OLD, ()),
        ("delete", OLD, NEW, ("-s",)),
        ("delete", OLD, NEW, ()),
        ("apply", OLD, "kind: profile", ()),
        ("apply", None, manifest(*(profile(f"p{n}") for n in range(200))), ()),
        ("apply", None, manifest(*(profile(f"p{n}") for n in range(200))), ("--atomic",)),
        ("apply", None, manifest(policy("big", selector=" || ".join(["has(aaaaaaaa)"] * 110_000))), ()),
    ],
)
def test_a_dry_run_prints_the_same_report_and_writes_nothing(
    store: Etcd, calicoctl: Calicoctl, verb: str, before: str | None, text: str, options: tuple[str, ...]
) -> None:
    if before:
        assert calicoctl("create", "-f", "-", input=before).exit_code == 0
    revision, keys = store.revision(), store.keys()
    dry = calicoctl(verb, "-f", "-", "--dry-run", *options, input=text)
    assert (store.revision(), store.keys()) == (revision, keys)
    real = calicoctl(verb, "-f", "-", *options, input=text)
    assert dry._replace(stdout=dry.stdout.replace(REMARK, "")) == real
    assert (REMARK in dry.stdout) == (real.exit_code == 0)


def test_a_locked_store_refuses_a_dry_run_too(store: Etcd, calicoctl: Calicoctl) -> None:
    put_cluster_information(store, datastoreReady=False)
    assert calicoctl("apply", "-f", "-", "--dry-run", input=OLD).exit_code == 8


def test_what_needed_no_write_is_guarded_with_the_rest(
    store: Etcd, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two resources one is unchanged; a rival changes just that one before the transaction."""
    from calicoctl.datastore.client import Datastore

    calicoctl("create", "-f", "-", input=OLD)
    commit = Datastore.commit
    rivals = [manifest(profile("a", labels={"by": "rival"}))]

    def rival_first(self: Datastore, *arguments: object) -> object:
        if rivals:
            text = rivals.pop()
            assert calicoctl("apply", "-f", "-", input=text).exit_code == 0
        return commit(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Datastore, "commit", rival_first)
    result = calicoctl("apply", "-f", "-", input=manifest(profile("a"), profile("b", labels={"x": "y"})))
    assert "profile/a configured (labels removed: by)" in result.stdout
