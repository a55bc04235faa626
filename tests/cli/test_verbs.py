"""apply, create, replace and delete: what they say, where, and with which exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import Calicoctl, Result
from tests.datastore.v3 import manifest, policy, policy_key, profile, profile_key, read_object, key_segments
from tests.etcdserver import Etcd

ALLOW_INGRESS = {"ingress": [{"action": "allow"}]}


@pytest.fixture
def two_resources(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    """A store with profile/a and policy/p."""
    assert calicoctl("apply", "-f", "-", input=manifest(profile("a"), policy("p"))).exit_code == 0
    return store


@pytest.mark.parametrize(
    ("arguments", "resources", "stdout"),
    [
        (("apply",), [profile("b"), policy("q")], "profile/b created\npolicy/q created\n2 created\n"),
        (("apply",), [profile("a", **ALLOW_INGRESS)], "profile/a configured\n1 configured\n"),
        (("apply",), [profile("a"), policy("p")], "profile/a unchanged\npolicy/p unchanged\n2 unchanged\n"),
        (
            ("apply",),
            [profile("b"), profile("a", **ALLOW_INGRESS), policy("p")],
            "profile/b created\nprofile/a configured\npolicy/p unchanged\n1 created, 1 configured, 1 unchanged\n",
        ),
        (("create",), [profile("b")], "profile/b created\n1 created\n"),
        (
            ("create", "--skip-exists"),
            [profile("a", **ALLOW_INGRESS), profile("b")],
            "profile/a skipped\nprofile/b created\n1 created, 1 skipped\n",
        ),
        (("replace",), [profile("a", **ALLOW_INGRESS)], "profile/a replaced\n1 replaced\n"),
        (("replace",), [profile("a")], "profile/a unchanged\n1 unchanged\n"),
        (("delete",), [policy("p"), profile("a")], "policy/p deleted\nprofile/a deleted\n2 deleted\n"),
        (("delete", "-s"), [policy("p"), policy("q")], "policy/p deleted\npolicy/q skipped\n1 deleted, 1 skipped\n"),
    ],
)
def test_each_resource_and_a_summary_on_stdout(
    two_resources: Etcd,
    calicoctl: Calicoctl,
    arguments: tuple[str, ...],
    resources: list[dict[str, object]],
    stdout: str,
) -> None:
    assert calicoctl(*arguments, "-f", "-", input=manifest(*resources)) == Result(0, stdout, "")


def test_skip_exists_leaves_what_is_there(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    before = two_resources.revision()
    calicoctl("create", "--skip-exists", "-f", "-", input=manifest(profile("a", **ALLOW_INGRESS)))
    assert two_resources.revision() == before


@pytest.mark.parametrize(
    ("arguments", "resources", "code", "stderr"),
    [
        (
            ("create",),
            [profile("b"), profile("a"), policy("p")],
            5,
            f"-:3:1: profile/a: exists already, as {profile_key('a')} "
            "(use apply or replace to change it, --skip-exists to leave it)\n"
            f"-:4:1: policy/p: exists already, as {policy_key('p')} "
            "(use apply or replace to change it, --skip-exists to leave it)\n",
        ),
        (
            ("replace",),
            [profile("a", **ALLOW_INGRESS), profile("b"), policy("q")],
            5,
            "-:3:1: profile/b: does not exist (use apply or create to create it)\n"
            "-:4:1: policy/q: does not exist (use apply or create to create it)\n",
        ),
        (
            ("delete",),
            [profile("a"), profile("b")],
            5,
            "-:3:1: profile/b: does not exist (--skip-not-exists passes over it)\n",
        ),
        (
            ("apply",),
            [profile("b"), profile("c", ingress=[{"action": "Allow"}]), policy("q", order="first")],
            3,
            r"-:3:\d+: profile/c: spec.ingress\[0\].action: .*\n-:4:\d+: policy/q: spec.order: .*\n",
        ),
        (
            ("apply",),
            [profile("b"), policy("b"), profile("b")],
            3,
            "-:4:1: profile/b: the same resource is there twice (first at -:2:1)\n",
        ),
    ],
)
def test_one_failure_among_many_changes_nothing(
    two_resources: Etcd,
    calicoctl: Calicoctl,
    arguments: tuple[str, ...],
    resources: list[dict[str, object]],
    code: int,
    stderr: str,
) -> None:
    before = two_resources.revision()
    result = calicoctl(*arguments, "-f", "-", input=manifest(*resources))
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr == stderr or re.fullmatch(stderr, result.stderr)
    assert two_resources.revision() == before


def test_an_unchanged_second_apply_leaves_the_revision(store: Etcd, calicoctl: Calicoctl) -> None:
    text = manifest(profile("Mixed/Name", tags=["t"], **ALLOW_INGRESS), policy("p", order=10.5, annotations={"k": "v"}))
    calicoctl("apply", "-f", "-", input=text)
    before = store.revision()
    assert calicoctl("apply", "-f", "-", input=text).stdout.endswith("2 unchanged\n")
    assert store.revision() == before


def test_the_same_resource_in_two_files_names_both_places(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text("# a comment\n\napiVersion: v1\nkind: profile\nmetadata: {name: a}\n")
    result = calicoctl("apply", "-f", str(tmp_path))
    assert result.exit_code == 3
    assert (
        result.stderr
        == f"{tmp_path}/two.yaml:3:1: profile/a: the same resource is there twice (first at {tmp_path}/one.yaml:3:1)\n"
    )
    assert store.keys() == []


def test_files_directories_and_stdin_at_once(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (folder / "b.yml").write_text(manifest(profile("b")))
    (folder / "a.json").write_text(manifest(profile("a")))
    (folder / "notes.txt").write_text("not a manifest")
    (folder / "below" / "c.yaml").write_text(manifest(profile("c")))
    (tmp_path / "d.yaml").write_text(manifest(profile("d")))
    arguments = ("apply", "-f", str(tmp_path / "d.yaml"), "-f", str(folder), "-f", "-")
    flat = calicoctl(*arguments, input=manifest(profile("e")))
    assert flat.stdout == "".join(f"profile/{name} created\n" for name in "dabe") + "4 created\n"
    deep = calicoctl(*arguments, "--recursive", input=manifest(profile("e")))
    assert deep.stdout.endswith("1 created, 4 unchanged\n")
    assert key_segments(store, "profiles") == list("abcde")


@pytest.mark.parametrize("verb", ["delete", "get"])
def test_f_of_delete_and_get_needs_the_identity_only(two_resources: Etcd, calicoctl: Calicoctl, verb: str) -> None:
    text = "apiVersion: v1\nkind: policy\nmetadata: {name: p}\nspec: {order: nonsense, unknown: 1}\n"
    assert calicoctl(verb, "-f", "-", input=text).exit_code == 0


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


def test_delete_without_the_name_of_a_missing_one_deletes_nothing(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    before = two_resources.revision()
    result = calicoctl("delete", "profile", "a", "b", "c")
    assert result == Result(
        5,
        "",
        "profile/b: does not exist (--skip-not-exists passes over it)\n"
        "profile/c: does not exist (--skip-not-exists passes over it)\n",
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
    expected = Result(2, "", "-f is empty: name a manifest, a directory, or - for stdin\n")
    result = calicoctl("delete", "-f", path)
    assert result == (Result(0, "profile/a deleted\n1 deleted\n", "") if path else expected)


def test_a_manifest_applies_from_the_output_of_get(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    for form in ("yaml", "json"):
        for kind in ("profile", "policy"):
            printed = calicoctl("get", kind, "-o", form).stdout
            assert calicoctl("apply", "-f", "-", input=printed).stdout.endswith("\n1 unchanged\n")


def test_more_resources_than_one_etcd_transaction_holds(store: Etcd, calicoctl: Calicoctl) -> None:
    names = [f"p{index:03}" for index in range(200)]
    text = manifest(*(policy(name) for name in names))
    assert calicoctl("apply", "-f", "-", input=text).stdout.endswith("\n200 created\n")
    assert key_segments(store) == names
    assert calicoctl("apply", "-f", "-", input=text).stdout.endswith("\n200 unchanged\n")
    assert calicoctl("delete", "-f", "-", input=text).stdout.endswith("\n200 deleted\n")
    assert key_segments(store) == []


def test_create_of_an_existing_one_among_200_creates_none(two_resources: Etcd, calicoctl: Calicoctl) -> None:
    before = two_resources.revision()
    text = manifest(*(policy(f"q{index}") for index in range(200)), policy("p"))
    result = calicoctl("create", "-f", "-", input=text)
    assert (result.exit_code, result.stdout) == (5, "")
    assert result.stderr.startswith("-:202:1: policy/p: exists already")
    assert two_resources.revision() == before


def test_a_resource_too_large_for_etcd_is_refused_before_anything_is_written(store: Etcd, calicoctl: Calicoctl) -> None:
    selector = " && ".join(f"a{index} == '{'x' * 60}'" for index in range(12))
    rules = [{"action": "allow", "source": {"selector": selector, "notSelector": f"b{n} == 'c'"}} for n in range(1700)]
    result = calicoctl("apply", "-f", "-", input=manifest(policy("small"), policy("large", ingress=rules)))
    assert (result.exit_code, result.stdout) == (8, "")
    assert re.fullmatch(
        rf"{policy_key('large')}: [0-9,]+ bytes are more than etcd takes \(split the resource\)\n", result.stderr
    )
    assert store.keys() == []


def test_what_is_written_is_what_v3_tools_read(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a", labels={"role": "db"}, **ALLOW_INGRESS)))
    document = read_object(store, profile_key("a"))
    assert (document["kind"], document["apiVersion"]) == ("Profile", "projectcalico.org/v3")
    assert document["spec"] == {
        "ingress": [{"action": "Allow", "source": {}, "destination": {}}],
        "labelsToApply": {"role": "db"},
    }
