"""`-o json`: results on stdout and messages on stderr are JSON, for every command."""

from __future__ import annotations

import json
from typing import Any

import pytest

from calicoctl.cli import main
from calicoctl.commands import VERBS
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl

TWO = """\
- apiVersion: v1
  kind: profile
  metadata: {name: a}
- apiVersion: v1
  kind: policy
  metadata: {name: b}
"""


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_command_that_writes_reports_each_resource(store: Etcd, calicoctl: Calicoctl) -> None:
    shape: dict[str, Any] = {"file": "-", "notes": [], "error": None, "dryRun": False}
    first = calicoctl("apply", "-o", "json", "-f", "-", input=TWO)
    assert (first.exit_code, first.stderr) == (0, "")
    assert json.loads(first.stdout) == [
        {"kind": "profile", "name": "a", "line": 1, "action": "created", **shape},
        {"kind": "policy", "name": "b", "line": 4, "action": "created", **shape},
    ]
    for verb, action in (("apply", "unchanged"), ("replace", "unchanged"), ("delete", "deleted")):
        again = calicoctl(verb, "--output=json", "-f", "-", input=TWO)
        assert [record["action"] for record in json.loads(again.stdout)] == [action] * 2


def test_problems_have_the_fields_of_results(clean_environment: None, calicoctl: Calicoctl) -> None:
    result = calicoctl("apply", "-ojson", "-f", "-", input=manifest(profile("a", labells={}), policy("b", order="x")))
    assert (result.exit_code, result.stdout) == (3, "")
    first, second = lines(result.stderr)
    assert (first["kind"], first["name"], first["file"], first["path"]) == ("profile", "a", "-", "spec.labells")
    assert (second["kind"], second["name"], second["action"], second["exitCode"]) == ("policy", "b", None, 3)
    assert "labells" in first["error"]
    assert first["line"]
    assert first["column"]


def test_conflicts_name_their_resource(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("create", "-f", "-", input=TWO)
    result = calicoctl("create", "-f", "-", "-o", "json", input=TWO)
    assert (result.exit_code, result.stdout) == (5, "")
    assert [(record["kind"], record["name"], record["exitCode"]) for record in lines(result.stderr)] == [
        ("profile", "a", 5),
        ("policy", "b", 5),
    ]


def test_indented_lines_are_details_of_the_error(clean_environment: None, calicoctl: Calicoctl) -> None:
    (record,) = lines(calicoctl("get", "profile", "-o", "json", env={"ETCD_ENDPOINTS": "http://127.0.0.1:1"}).stderr)
    assert record["error"].startswith("can't reach the datastore")
    assert record["details"] == ["http://127.0.0.1:1: connection refused"]
    assert record["exitCode"] == 4


def test_warnings_are_json_too(store: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("apply", "-o", "json", "-f", "-", input=TWO.replace("name: b", "name: b, annotations: {k: yes}"))
    (record,) = lines(result.stderr)
    assert "'yes'" in record["warning"]
    assert record["line"] == 6
    assert result.exit_code == 0


@pytest.mark.parametrize("arguments", [("--nothing",), ("-f",), ("-f", "-", "-f", "-")])
def test_wrong_usage_is_json_too(calicoctl: Calicoctl, arguments: tuple[str, ...]) -> None:
    result = calicoctl("apply", "-o", "json", *arguments)
    (record,) = lines(result.stderr)
    assert (result.exit_code, record["exitCode"], result.stdout) == (2, 2, "")


@pytest.mark.parametrize(
    "form", [("-Ro", "json"), ("-Rojson",), ("-Ro=json",), ("-o=json",), ("--output", "json"), ("--output=json",)]
)
def test_spellings_of_the_json_option(calicoctl: Calicoctl, form: tuple[str, ...]) -> None:
    result = calicoctl("apply", *form, "-f", "missing.yaml")
    assert (result.exit_code, lines(result.stderr)[0]["file"]) == (3, "missing.yaml")


def test_the_argument_json_is_not_the_option(calicoctl: Calicoctl) -> None:
    assert calicoctl("apply", "-o", "text", "-f", "json").stderr.startswith("json: can't be read")


def test_arguments_after_two_dashes_are_not_options(calicoctl: Calicoctl) -> None:
    assert calicoctl("explain", "--", "-o", "json").stderr.startswith("unexpected argument")


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (("version",), "clientVersion"),
        (("explain", "policy.spec.order"), "meaning"),
        (("explain", "policy"), "fields"),
        (("schema", "policy"), "$schema"),
        (("schema",), "$schema"),
        (("completion", "bash"), "script"),
    ],
)
def test_commands_without_resources_print_an_object(
    store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], key: str
) -> None:
    result = calicoctl(*arguments, "-o", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert key in json.loads(result.stdout)


def test_every_command_has_an_output_option() -> None:
    import click

    def has_output_option(command: click.Command) -> bool:
        if isinstance(command, click.Group):
            return all(map(has_output_option, command.commands.values()))
        return any("--output" in parameter.opts for parameter in command.params)

    context = click.Context(main)
    commands = {verb: main.get_command(context, verb) for verb in VERBS}
    assert [verb for verb, command in commands.items() if command is None or not has_output_option(command)] == []
