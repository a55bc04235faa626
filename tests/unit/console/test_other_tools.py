"""Commands and options of other tools lead to what to use instead."""

from __future__ import annotations

import re

import click
import pytest

from calicoctl.cli import main
from calicoctl.commands import VERBS
from calicoctl.console.other_tools import COMMANDS, OPTIONS, command_hint, option_hint
from calicoctl.kinds import KINDS
from calicoctl.suggestion import correct_word
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
        ("get policy -o name -o yaml", "-o is given twice: name and yaml (write one of them)"),
        (
            "plan -o p.bin -o text a.yaml",
            "-o p.bin: unknown format (formats are text, json; --save FILE saves the plan)",
        ),
        ("trace", "missing --from and --to (write --from PEER --to PEER, --flows FILE or --endpoint PEER)\n"),
        ("wait policy/a", "missing --for (write present, absent or jsonpath=PATH[=VALUE])\n"),
        ("convert a.yaml", "missing --to (write v1 or v3)\n"),
        ("set show", "missing SET (see calicoctl set show --help)\n"),
        ("lint --fail-on x", "--fail-on: 'x' is not one of 'error', 'warning', 'note', 'never' (see calicoctl lint"),
        ("etcd stop x", "unexpected argument 'x' (see calicoctl etcd stop --help)\n"),
    ],
)
def test_usage_errors_have_one_style(calicoctl: Calicoctl, words: str, message: str) -> None:
    result = calicoctl(*words.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert len(result.stderr.splitlines()) == 1


OTHER_MEANINGS = """
abort access accept activate address alias allow analyze append approve archive ask assert assign attach audit await
batch begin bind block boot branch bring browse build bundle call cancel cat change chart clean clear clone close code
collect commit compare compile complain compose compress confirm connect console copy cordon count crash crawl cut debug
decide declare decode default define deny deploy deprecate derive detach detect disable discover display download drain
drop edict emit enable encode encrypt end enforce enter erase evict exclude execute exit expand expect expire explode
explore expose express extend extract fetch fill filter find finish fix flush follow force forget fork format forward
free freeze generate grant grep group guard halt hash head heal hide hold host identify ignore improve include info
inform init inject input insert inspect instant invalidate invite invoke isolate issue item join jump keep key kill know
last launch lead learn leave lease less level lift limit line link live load locate lock login logout look loop make
manage map mark match measure merge meter mirror mode model modify monitor mount move name next note notify observe open
optimize order output overlap pack page parse pass pause pin ping pipe plain plane plant play plot plug pop port post
preview print probe process promote proxy publish pull purge push put query queue quit quota race raise rank rate read
ready rebase reboot rebuild record recover reduce refer refresh register reject relate release reload rename render
renew repair repeat reply report request require reserve reset resize resolve resource rest resume retry return review
revision rewrite rotate route rule sample scan script search seat secret section select send serve service shell ship
shut sign skip sleep slice snapshot sort source split stage start state step stop store stream submit suggest suspend
swap switch sync table tail taint take target task text think throttle tie time token touch track trade train transfer
transform trap trust try tune type unblock undelete unlabel unset untag upgrade upload use validity value vet view visit
visual walk want warn wipe work wrap write yield zero zip zone
"""
"""Words that users can write as a verb, a kind or an option, and that are not a misspelling of one."""


def test_a_word_with_another_meaning_has_no_suggestion() -> None:
    """Another form of the same word is one: `ports` means `--port`."""
    kinds = {alias for kind in KINDS for alias in kind.aliases}
    options = {name for verb in VERBS for name in known_options(verb) if name.startswith("--")}
    suggested = {
        (word, found)
        for word in OTHER_MEANINGS.split()
        for known in (tuple(VERBS), kinds, [option[2:] for option in options])
        if word not in known
        if (found := correct_word(word, known))
        if not (word.startswith(found) or found.startswith(word))
    }
    assert suggested == set()


def test_a_swapped_and_a_repeated_letter_are_corrected() -> None:
    for verb in VERBS:
        options = known_options(verb)
        for word in {verb, *(name for name in options if len(name) > len("--to"))}:
            swapped, repeated = f"{word[:-3]}{word[-2]}{word[-3]}{word[-1]}", f"{word[:-1]}{word[-2:]}"
            known = tuple(VERBS) if word == verb else options
            assert {correct_word(edited, known) for edited in (swapped, repeated)} == {word}


@pytest.mark.parametrize("word", ["x", "prune", "gateway", "applications", "-z", "--labels-to-apply"])
def test_a_word_that_means_nothing_has_no_suggestion(word: str) -> None:
    assert "did you mean" not in command_hint(word, tuple(VERBS)) + option_hint(word, sorted(known_options("get")))
