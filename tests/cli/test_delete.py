"""delete: how resources are named, and that missing ones stop it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.etcd_server import Etcd
from tests.support.every_kind import EVERY_KIND_NAMES
from tests.support.manifests import manifest, profile
from tests.support.runner import Calicoctl, Result, output_lines
from tests.support.stored_objects import key_segments, object_key, put_object


@pytest.mark.parametrize(
    ("arguments", "gone"),
    [
        ("hep eth1 --node n2", "hostEndpoint/n2/eth1"),
        ("bp 192.0.2.1 --scope global", "bgpPeer/global/192.0.2.1"),
        ("bp 192.0.2.1 --node n1", "bgpPeer/node/n1/192.0.2.1"),
        ("wep eth0 -n n2 --orchestrator cni --workload 0123abcd", "workloadEndpoint/n2/cni/0123abcd/eth0"),
        ("pool 10.2.0.0/16", "ipPool/10.2.0.0/16"),
    ],
)
def test_delete_deletes_only_the_named_resources(
    every_kind_stored: Etcd, calicoctl: Calicoctl, arguments: str, gone: str
) -> None:
    assert calicoctl("delete", *arguments.split()) == Result(0, f"{gone} deleted\n1 deleted\n", "")
    left = output_lines(calicoctl("get", "all", "-o", "name"))
    assert sorted([*left, gone]) == sorted(EVERY_KIND_NAMES)


def test_peers_with_the_same_address_are_deleted_by_their_stored_names(store: Etcd, calicoctl: Calicoctl) -> None:
    for name in ("rack-1", "rack-2"):
        put_object(store, object_key("bgppeers", name), {"peerIP": "192.0.2.1", "nodeSelector": f"rack == '{name}'"})
    assert calicoctl("get", "bgpPeer", "-o", "name").stdout == "bgpPeer/rack-1\nbgpPeer/rack-2\n"
    assert calicoctl("delete", "bgpPeer", "192.0.2.1", "--scope", "global").exit_code == 5
    assert calicoctl("delete", "bgpPeer/rack-1").stdout == "bgpPeer/rack-1 deleted\n1 deleted\n"
    assert store.keys() == [object_key("bgppeers", "rack-2")]


@pytest.mark.parametrize(
    "arguments",
    [
        *((word, "p") for word in ("policy", "policies", "pol", "pols", "POLICY", "Pol")),
        ("policy/p",),
        ("POLS/p",),
    ],
)
def test_delete_takes_every_word_for_a_kind(
    two_resources: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...]
) -> None:
    assert calicoctl("delete", *arguments) == Result(0, "policy/p deleted\n1 deleted\n", "")
    assert key_segments(two_resources) == []


def test_delete_several_kinds_by_name(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("delete", "policy/p", "profile/a")
    assert result.stdout == "policy/p deleted\nprofile/a deleted\n2 deleted\n"


def test_delete_one_name_of_several_kinds(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("apply", "-f", "-", input=manifest(profile("p"))).exit_code == 0
    result = calicoctl("delete", "policy,profile", "p")
    assert result.stdout == "policy/p deleted\nprofile/p deleted\n2 deleted\n"
    assert output_lines(calicoctl("get", "all", "-o", "name")) == ["profile/a"]


def test_delete_without_the_name_of_a_missing_one_deletes_nothing(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    before = two_resources.revision()
    result = calicoctl("delete", "profile", "a", "b", "c")
    assert result == Result(
        5,
        "",
        "profile/b: does not exist (--ignore-not-found skips it)\n"
        "profile/c: does not exist (--ignore-not-found skips it)\n",
    )
    assert two_resources.revision() == before
    assert calicoctl("delete", "-s", "profile", "a", "b").stdout.endswith("1 deleted, 1 skipped\n")


@pytest.mark.parametrize("path", ["", "."])
def test_an_empty_path_is_not_the_current_directory(
    two_resources: Etcd, calicoctl: Calicoctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """`calicoctl delete -f "$UNSET"` must not delete what happens to lie here."""
    (tmp_path / "a.yaml").write_text(manifest(profile("a")))
    monkeypatch.chdir(tmp_path)
    expected = Result(2, "", "empty name of a manifest (name a file, a directory, or - for stdin)\n")
    result = calicoctl("delete", "-f", path)
    assert result == (Result(0, "profile/a deleted\n1 deleted\n", "") if path else expected)
