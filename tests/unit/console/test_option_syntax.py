"""Options as in kubectl: `-o=json`, and an option with an optional value."""

from __future__ import annotations

import click
import pytest

from calicoctl.cli import main
from calicoctl.commands import VERBS
from calicoctl.console.option_syntax import OptionalValueOption, normalize_args


@click.group()
@click.option("-c", "--config")
@click.option("-v", "--verbose", count=True)
def program() -> None:
    """Group for the tests."""


@program.command("get")
@click.argument("names", nargs=-1)
@click.option("-o", "--output")
@click.option("-w", "--watch", is_flag=True)
@click.option("--dry-run", cls=OptionalValueOption, bare_value="server")
def _get(**_values: object) -> None:
    """Command for the tests."""


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("get -o=json", "get -o json"),
        ("get -ojson", "get -ojson"),
        ("get -o json", "get -o json"),
        ("get -wo=json", "get -wo json"),
        ("get -o==x", "get -o =x"),
        ("get -o -o=x", "get -o -o=x"),  # the second word is the value of the first one
        ("get --output -o=x", "get --output -o=x"),
        ("get --output=x -o=y", "get --output=x -o y"),
        ("get -w -o=x", "get -w -o x"),
        ("get a -- -o=x", "get a -- -o=x"),
        ("get -z=x -h", "get -z=x -h"),
        ("get --dry-run a", "get --dry-run=server a"),
        ("get --dry-run=client a", "get --dry-run=client a"),
        ("-vc=file get a -o=x", "-vc file get a -o x"),
        ("-c get get -o=x", "-c get get -o x"),
        ("-o=x get -o=x", "-o=x get -o x"),
        ("got -o=x", "got -o=x"),
        ("get -o", "get -o"),
        ("get -", "get -"),
    ],
)
def test_arguments_get_the_syntax_of_click(args: str, expected: str) -> None:
    assert normalize_args(program, click.Context(program), args.split()) == expected.split()


def test_an_empty_value_stays_a_value() -> None:
    assert normalize_args(program, click.Context(program), ["get", "-o=", "a"]) == ["get", "-o", "", "a"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_short_option_with_a_value_takes_an_equals_sign(verb: str) -> None:
    context = click.Context(main)
    command = main.get_command(context, verb)
    assert command
    for option in command.params:
        if isinstance(option, click.Option) and not (option.is_flag or option.count):
            for name in option.opts:
                if not name.startswith("--"):
                    assert normalize_args(main, context, [verb, f"{name}=x", "y"]) == [verb, name, "x", "y"]
