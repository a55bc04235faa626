"""import and the sets of `apply --set`: what belongs to a set stays there, unless --force moves it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import TIER_KEY, key_segments, object_key, policy_key, profile_key, read_object

SET = "projectcalico.org/v1-set"
TWO = manifest(profile("a"), policy("b"))
Import = Callable[..., Result]


def set_of(store: Etcd, key: str) -> str | None:
    annotations: dict[str, str] = read_object(store, key)["metadata"].get("annotations", {})
    return annotations.get(SET)


@pytest.fixture
def export_of(store: Etcd, calicoctl: Calicoctl) -> Callable[..., str]:
    """Export a datastore with two resources, applied with these options, and wipe it."""

    def export(*options: str) -> str:
        assert calicoctl("apply", "-f", "-", *options, input=TWO).exit_code == 0
        text = calicoctl("export").stdout
        store.wipe()
        return text

    return export


@pytest.fixture
def run_import(store: Etcd, calicoctl: Calicoctl) -> Import:
    def run(text: str, *options: str) -> Result:
        return calicoctl("import", "-f", "-", *options, input=text)

    return run


def test_members_are_restored_as_members(store: Etcd, export_of: Callable[..., str], run_import: Import) -> None:
    text = export_of("--set", "web")
    assert run_import(text).exit_code == 0
    assert set_of(store, profile_key("a")) == set_of(store, policy_key("b")) == "web"
    revision = store.revision()
    assert "created" not in run_import(text, "--set", "web").stdout
    assert store.revision() == revision


@pytest.mark.parametrize(
    ("exported", "stored", "imported", "reason", "result"),
    [
        (["--set", "web"], ["--set", "mail"], [], "belongs to set 'mail' (--force moves it to 'web')", "web"),
        (["--set", "web"], [], ["--set", "mail"], "belongs to set 'web' (--force moves it to 'mail')", "mail"),
        ([], ["--set", "mail"], ["--set", "web"], "belongs to set 'mail' (--force moves it to 'web')", "web"),
    ],
)
def test_an_object_of_another_set_is_refused(
    store: Etcd,
    calicoctl: Calicoctl,
    export_of: Callable[..., str],
    run_import: Import,
    exported: list[str],
    stored: list[str],
    imported: list[str],
    reason: str,
    result: str,
) -> None:
    text = export_of(*exported)
    calicoctl("apply", "-f", "-", *stored, input=TWO)
    before = store.revision()
    refused = run_import(text, *imported)
    assert (refused.exit_code, refused.stdout, store.revision()) == (8, "", before)
    for name in ("a", "b"):
        assert f"/{name}: {reason}" in refused.stderr
    forced = run_import(text, *imported, "--force")
    assert (forced.exit_code, f"set {result!r})" in forced.stdout or f"to {result!r})" in forced.stdout) == (0, True)
    assert set_of(store, profile_key("a")) == set_of(store, policy_key("b")) == result


def test_an_object_that_is_in_the_requested_set_is_unchanged(
    store: Etcd, calicoctl: Calicoctl, export_of: Callable[..., str], run_import: Import
) -> None:
    text = export_of("--set", "web")
    calicoctl("apply", "-f", "-", "--set", "mail", input=TWO)
    before = store.revision()
    result = run_import(text, "--set", "mail")
    assert (result.exit_code, "configured" in result.stdout, store.revision()) == (0, False, before)


def test_a_stored_object_without_set_does_not_leave_its_set(
    store: Etcd, calicoctl: Calicoctl, export_of: Callable[..., str], run_import: Import
) -> None:
    """As for v1 manifests, which say nothing about sets. A label makes it a stored object."""
    assert calicoctl("apply", "-f", "-", input=TWO).exit_code == 0
    document = read_object(store, profile_key("a"))
    document["metadata"]["labels"] = {"x": "y"}
    text = calicoctl("export").stdout
    assert "key: " + profile_key("a") not in text
    store.put(profile_key("a"), json.dumps(document))
    text = calicoctl("export").stdout
    assert "key: " + profile_key("a") in text
    store.wipe()
    calicoctl("apply", "-f", "-", "--set", "web", input=TWO)
    refused = run_import(text)
    assert (refused.exit_code, refused.stderr.count("belongs to set 'web' (--force removes it from the set)")) == (8, 1)
    forced = run_import(text, "--force")
    assert "Profile/a configured (leaves set 'web')\n" in forced.stdout
    assert (set_of(store, profile_key("a")), set_of(store, policy_key("b"))) == (None, "web")


def test_set_adds_resources_of_v1_kinds_and_prunes(
    store: Etcd, calicoctl: Calicoctl, export_of: Callable[..., str], run_import: Import
) -> None:
    text = export_of()
    calicoctl("apply", "-f", "-", "--set", "web", input=manifest(profile("old"), policy("b")))
    calicoctl("apply", "-f", "-", input=manifest(profile("stranger")))
    result = run_import(text, "--set", "web", "--prune")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == "pruning of set 'web': profile/old\n"
    assert key_segments(store, "profiles") == ["a", "stranger"]
    assert set_of(store, profile_key("a")) == set_of(store, policy_key("b")) == "web"
    assert set_of(store, TIER_KEY) is None
    assert set_of(store, object_key("clusterinformations", "default")) is None


def test_prune_of_stored_objects_keeps_them(
    store: Etcd, calicoctl: Calicoctl, export_of: Callable[..., str], run_import: Import
) -> None:
    text = export_of("--set", "web")
    calicoctl("apply", "-f", "-", "--set", "web", input=manifest(profile("a"), profile("old"), policy("b")))
    result = run_import(text, "--set", "web", "--prune", "--dry-run")
    assert (result.exit_code, "profile/old pruned" in result.stdout) == (0, True)
    assert run_import(text, "--set", "web", "--prune", "--prune-max", "0").exit_code == 8
    assert run_import(text, "--set", "web", "--prune").exit_code == 0
    assert (key_segments(store, "profiles"), key_segments(store)) == (["a"], ["b"])
