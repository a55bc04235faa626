"""Manifests as arguments: the same as -f, and never a kind or a resource by accident."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from calicoctl.cli import main
from calicoctl.commands import VERBS
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl

OPTIONS = {
    "apply": ("--dry-run",),
    "create": ("--dry-run",),
    "replace": ("--dry-run",),
    "import": ("--dry-run",),
    "convert": ("--to", "v3"),
    "trace": ("--from", "profile:b", "--to", "profile:b"),
    "connectivity": (),
    "diff": (),
    "lint": (),
    "plan": (),
    "test": (),
    "validate": (),
}
"""Every command that takes manifests as arguments, with the options that it needs."""

BY_NAME = ("get", "delete", "wait --for=present")
"""Every command that takes names as arguments and manifests with -f."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with manifests, and with files that are named as a kind."""
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(manifest(profile("a"), policy("p")))
    Path("profile").mkdir()
    Path("profile/b.json").write_text(manifest(profile("b")))
    return tmp_path


def verbs_with(parameter: str, option: str) -> set[str]:
    def has(verb: str) -> bool:
        command = main.get_command(click.Context(main), verb)
        names = {name for each in command.params for name in (each.name, *each.opts)} if command else set()
        return {parameter, option} <= names

    return {verb for verb in VERBS if has(verb)}


def test_the_commands_of_these_tests_are_all_commands_with_manifests() -> None:
    assert verbs_with("files", "-f") | {"diff"} == set(OPTIONS)
    assert verbs_with("names", "-f") == {verb.split()[0] for verb in BY_NAME}


@pytest.mark.parametrize("verb", OPTIONS)
def test_an_argument_is_read_as_with_f(two_resources: Etcd, calicoctl: Calicoctl, folder: Path, verb: str) -> None:
    files = ("./profile", "a.json")
    with_option = calicoctl(verb, *OPTIONS[verb], *(word for file in files for word in ("-f", file)))
    assert calicoctl(verb, *files, *OPTIONS[verb]) == with_option
    assert calicoctl(verb, *OPTIONS[verb], "-f", files[0], files[1]) == with_option
    assert with_option.exit_code != 2


def test_arguments_are_applied(two_resources: Etcd, calicoctl: Calicoctl, folder: Path) -> None:
    # A file or directory of this name is meant, as in `calicoctl test policies`.
    assert calicoctl("apply", "profile", "a.json", "--dry-run").stdout.endswith(
        "1 created, 2 unchanged (dry run: nothing written)\n"
    )
    assert calicoctl("apply", "profile/", "a.json").stdout.endswith("\n1 created, 2 unchanged\n")
    assert calicoctl("validate", "-", input=manifest(profile("x"))).stdout.startswith("1 ")
    assert calicoctl("validate", "-", "a.json", "-", input="").stderr == "-: stdin can be read only once\n"


@pytest.mark.parametrize("verb", OPTIONS)
@pytest.mark.parametrize(
    ("word", "code", "stderr"),
    [
        ("node", 2, "'node' is a kind, not a manifest (no file or directory has this name)\n"),
        ("POL", 2, "'POL' is a kind, not a manifest (no file or directory has this name)\n"),
        ("policy/p", 2, "'policy/p' is the name of a resource, not a manifest (no file has this name)\n"),
        ("profile/c.yaml", 3, "profile/c.yaml: can't be read: No such file or directory\n"),
        ("nothing", 3, "nothing: can't be read: No such file or directory\n"),
        ("", 2, "empty name of a manifest (name a file, a directory, or - for stdin)\n"),
    ],
)
def test_an_argument_that_is_not_a_manifest(
    store: Etcd, calicoctl: Calicoctl, folder: Path, verb: str, word: str, code: int, stderr: str
) -> None:
    result = calicoctl(verb, *OPTIONS[verb], word)
    # validate prints problems of manifests on stdout.
    assert (result.exit_code, (result.stderr or result.stdout).splitlines()[0] + "\n") == (code, stderr)


@pytest.mark.parametrize("verb", BY_NAME)
@pytest.mark.parametrize(
    ("word", "stderr"),
    [
        ("a.json", "'a.json' is a path, not a kind (write -f a.json)\n"),
        ("missing.yml", "'missing.yml' is a path, not a kind (write -f missing.yml)\n"),
        ("./profile", "'./profile' is a path, not a kind (write -f ./profile)\n"),
        ("-", "'-' is not a kind (write -f - to read manifests from stdin)\n"),
        ("profil", "unknown kind 'profil' (did you mean 'profile'?)\n"),
    ],
)
def test_names_are_not_files(
    two_resources: Etcd, calicoctl: Calicoctl, folder: Path, verb: str, word: str, stderr: str
) -> None:
    """`delete a.yaml` must not delete; the message has the option that does."""
    before = two_resources.revision()
    result = calicoctl(*verb.split(), word)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", stderr)
    assert two_resources.revision() == before


def test_a_kind_stays_a_kind_if_a_file_has_its_name(
    two_resources: Etcd, calicoctl: Calicoctl, folder: Path, store: Etcd
) -> None:
    assert calicoctl("get", "profile", "-o=name").stdout == "profile/a\n"
    assert calicoctl("get", "profile/a", "-o=name").stdout == "profile/a\n"
