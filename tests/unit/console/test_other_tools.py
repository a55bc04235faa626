"""Commands and options of other tools lead to what to use instead."""

from __future__ import annotations

import re

import click
import pytest

from calicoctl.cli import main
from calicoctl.commands import VERBS
from calicoctl.console.other_tools import COMMANDS, OPTIONS, command_hint, option_hint
from tests.support.runner import Calicoctl


def known_options(verb: str) -> set[str]:
    command = main.get_command(click.Context(main), verb)
    assert command
    return {name for parameter in command.params for name in parameter.opts}


def test_no_command_of_another_tool_is_our_command() -> None:
    assert not COMMANDS.keys() & set(VERBS)


def test_no_option_of_another_tool_is_in_every_command() -> None:
    assert not OPTIONS.keys() & set.intersection(*map(known_options, VERBS))


@pytest.mark.parametrize("hint", sorted({*COMMANDS.values(), *OPTIONS.values()}))
def test_hints_name_commands_and_options_that_exist(hint: str) -> None:
    """A command after `calicoctl` exists, and so do its options."""
    for verb, rest in re.findall(r"calicoctl ([a-z]+)((?: (?!or )[^,|]+)?)", hint):
        assert verb in VERBS, hint
        for option in re.findall(r"(?<= )--?[a-z][a-z0-9-]*", rest):
            assert option in {"--help", *known_options(verb)}, hint


def test_the_hint_names_all_commands_with_force() -> None:
    with_force = []
    for verb in VERBS:
        command = main.get_command(click.Context(main), verb)
        members = command.commands.items() if isinstance(command, click.Group) else []
        for words, member in ((verb, command), *((f"{verb} {name}", member) for name, member in members)):
            if member and any("--force" in parameter.opts for parameter in member.params):
                with_force.append(words)
    *names, last = sorted(with_force)
    assert OPTIONS["--force"] == f"only {', '.join(names)} and {last} have it"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("describe policy x", "no command 'describe' (write calicoctl get KIND NAME -o yaml)\n"),
        ("rm policy x", "no command 'rm' (write calicoctl delete)\n"),
        ("appply", "no command 'appply' (did you mean 'apply'?)\n"),
        ("apply --field-manager=x", "no such option '--field-manager' (not needed, fields that v1"),
        ("lint --quiet", "no such option '--quiet' (redirect stdout to /dev/null, errors are on stderr)\n"),
        (
            "delete --force",
            "no such option '--force' "
            "(only apply, convert, diff, edit, import, patch, plan, replace, rollback and set add have it)\n",
        ),
        ("get profile --ouput yaml", "no such option '--ouput' (did you mean '--output'?)\n"),
        ("get profile --unrelated", "no such option '--unrelated' (see calicoctl get --help)\n"),
        ("--timeout 5 get profile", "no such option '--timeout' (options of a command are written after it)\n"),
        ("explain policy -o text -o yaml", "-o is given twice: text and yaml (write one of them)"),
        ("trace", "missing --from (see calicoctl trace --help)\n"),
        ("set show", "missing SET (see calicoctl set show --help)\n"),
        ("lint --fail-on x", "--fail-on: 'x' is not one of 'error', 'warning', 'note', 'never' (see calicoctl lint"),
        ("etcd stop x", "got unexpected extra argument (x)"),
    ],
)
def test_usage_errors_have_one_style(calicoctl: Calicoctl, words: str, message: str) -> None:
    result = calicoctl(*words.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("word", ["x", "prune", "gateway", "applications", "-z", "--labels-to-apply"])
def test_a_word_that_means_nothing_has_no_suggestion(word: str) -> None:
    assert "did you mean" not in command_hint(word, VERBS) + option_hint(word, sorted(known_options("get")))
