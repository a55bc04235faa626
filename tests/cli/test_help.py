"""Help of every command: an example, and a description of every option."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module

import click
import pytest

from calicoctl.commands import VERBS
from tests.support.runner import Calicoctl


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb(calicoctl: Calicoctl, verb: str) -> None:
    result = calicoctl(verb, "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    assert calicoctl(verb, "-h").stdout == result.stdout
    command = import_module(f"calicoctl.commands.{verb}").command
    options = [option for option in command.params if isinstance(option, click.Option)]
    for option in options:
        assert option.help
        if option.hidden:
            assert not set(option.opts) & set(result.stdout.split())
            continue
        for name in option.opts:
            assert re.search(rf"(^|\s){name}\b", result.stdout), f"{name} is not mentioned"
    if not isinstance(command, click.Group):
        example = result.stdout.partition("Example:\n")[2].partition("\n\n")[0]
        assert f"calicoctl {verb}" in example


@pytest.mark.parametrize("words", [(), *((verb,) for verb in VERBS), ("etcd", "start"), ("set", "list")])
def test_help_as_a_command(calicoctl: Calicoctl, words: tuple[str, ...]) -> None:
    assert calicoctl("help", *words) == calicoctl(*words, "--help")


@pytest.mark.parametrize(
    ("words", "stderr"),
    [
        (("gett",), "no command 'gett' (did you mean 'get'?)\n"),
        (("hist",), "no command 'hist' (did you mean 'history'?)\n"),
        (("etcd", "run"), "no command 'calicoctl etcd run' (commands are roles, start, status, stop)\n"),
        (("get", "profile"), "'calicoctl get' has no commands (write calicoctl help get)\n"),
    ],
)
def test_help_of_an_unknown_command(calicoctl: Calicoctl, words: tuple[str, ...], stderr: str) -> None:
    result = calicoctl("help", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.replace("main ", "calicoctl ") == stderr


@pytest.fixture(scope="module")
def commands() -> str:
    """Output of a real process: the test runner of Click has lines that are two characters longer."""
    words = [sys.executable, "-m", "calicoctl", "--help"]
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return subprocess.run(words, capture_output=True, text=True, check=True, env=environment).stdout


@pytest.mark.parametrize("verb", VERBS)
def test_the_list_of_commands_has_each_verb_with_a_whole_sentence(commands: str, verb: str) -> None:
    (line,) = re.findall(rf"^  {verb} +(.*)$", commands, re.MULTILINE)
    assert line.endswith(".")
    assert not line.endswith("...")


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "etcd"])
def test_examples_have_lines_of_a_terminal(calicoctl: Calicoctl, verb: str) -> None:
    assert max(map(len, calicoctl(verb, "--help").stdout.splitlines())) <= 100
