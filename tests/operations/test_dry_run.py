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


CLIENT_REMARK = " (dry run: datastore neither read nor written)"
PATCH = ("-p", "{metadata: {labels: {x: y}}}")


@pytest.mark.parametrize(
    ("arguments", "text", "expected"),
    [
        (("apply", "-f", "-"), OLD, (0, "profile/a valid\nprofile/b valid\n2 valid")),
        (("apply", "-", "--set", "s"), OLD, (0, "profile/a valid\nprofile/b valid\n2 valid")),
        (("create", "-"), OLD, (0, "profile/a valid\nprofile/b valid\n2 valid")),
        (("replace", "-"), OLD, (0, "profile/a valid\nprofile/b valid\n2 valid")),
        (("delete", "-f", "-"), OLD, (0, "profile/a valid\nprofile/b valid\n2 valid")),
        (("delete", "policy", "p"), "", (0, "policy/p valid\n1 valid")),
        (("label", "profile", "a", "x=y"), "", (0, "profile/a valid\n1 valid")),
        (("patch", "profile", "a", *PATCH), "", (0, "profile/a valid\n1 valid")),
        (("apply", "-"), "kind: profile", (3, "-:1:1: profile/?: ")),
        (("label", "profile", "a", "x=-"), "", (3, "profile: metadata.labels.x: '-'")),
        (("patch", "profile", "a", "-p", "{"), "", (3, "-p:")),
        (("edit", "profile", "a"), "", (2, "--dry-run=client is not possible: edit reads the resources")),
        (("import", "-"), OLD, (2, "--dry-run=client is not possible: objects of an export")),
        (("apply", "--plan", "x"), "", (2, "--dry-run=client is not possible: --plan compares")),
        (("apply", "-", "--set=s", "--prune"), OLD, (2, "--dry-run=client is not possible: --prune reads the set")),
        (("label", "profile", "--all", "x=y"), "", (2, "--dry-run=client is not possible: -l and --all read")),
    ],
)
def test_a_dry_run_on_the_client_needs_no_datastore(
    calicoctl: Calicoctl, arguments: tuple[str, ...], text: str, expected: tuple[int, str]
) -> None:
    environment = {"ETCD_ENDPOINTS": "http://127.0.0.1:1"}
    result = calicoctl(*arguments, "--dry-run=client", input=text, env=environment)
    code, output = expected
    assert result.exit_code == code
    if code == 0:
        assert result.stdout == f"{output}{CLIENT_REMARK}\n"
    else:
        assert (result.stdout, result.stderr[: len(output)]) == ("", output)


@pytest.mark.parametrize(("option", "written"), [("--dry-run=server", False), ("--dry-run=none", True)])
def test_values_of_kubectl(store: Etcd, calicoctl: Calicoctl, option: str, written: bool) -> None:
    result = calicoctl("apply", option, "-", input=OLD)
    assert result.stdout.startswith("profile/a created\n")
    assert (store.keys() != [], REMARK not in result.stdout) == (written, written)


def test_an_unknown_value_is_rejected(calicoctl: Calicoctl) -> None:
    result = calicoctl("apply", "--dry-run=soon", "-", input=OLD)
    assert (result.exit_code, "'soon' is not one of 'none', 'client', 'server'" in result.stderr) == (2, True)
