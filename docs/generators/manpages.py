"""Manual pages for calicoctl and each of its commands, from the help of the commands, in man(7).

`python -m docs.generators.manpages DIRECTORY` writes them. It imports only Click and the commands: the build of a
wheel uses it.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from inspect import cleandoc
from pathlib import Path

import click

from calicoctl import __version__
from calicoctl.config.environment import CONTEXT_VARIABLE
from calicoctl.config.settings import SETTINGS
from calicoctl.errors import ExitCode
from docs.generators.commands import NamedCommand, all_commands, program, subcommands

_CONNECTION = {setting.variable: f"{setting.description}." for setting in SETTINGS if setting.variable}
"""The variables of the connection; they are used if there is no configuration file."""

_LITERAL = "\b"
"""The mark of Click before a paragraph whose lines are not joined."""

_OF_COMMANDS = {
    "edit": {"VISUAL, EDITOR": "The editor; the default is vi."},
    "completion": {"CALICOCTL_COMPLETION_TIMEOUT": "Seconds to wait for names from the datastore. Default: 0.3."},
}
_OF_ALL = {"NO_COLOR": "Disables colours if it is not empty.", "TERM": "The value dumb disables colours."}


def pages() -> dict[str, str]:
    """The manual pages: names of files, and texts."""
    return {f"{_title(each)}.1": _page(each) for each in (program(), *all_commands())}


def write(directory: Path) -> list[Path]:
    """Write the manual pages into a directory; their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in sorted(pages().items()):
        (directory / name).write_text(text, encoding="ascii")
        written.append(directory / name)
    return written


def _title(of: NamedCommand) -> str:
    return of.name.replace(" ", "-")


def _date() -> str:
    """The date of the build; SOURCE_DATE_EPOCH makes it reproducible."""
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _page(of: NamedCommand) -> str:
    about, examples = _description(of.command)
    lines = [
        f'.TH {_title(of).upper()} 1 {_date()} "calicoctl {__version__}" "calicoctl manual"',
        ".nh",
        ".ad l",
        ".SH NAME",
        f"{_text(_title(of))} \\- {_text(of.summary.rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_text(of.name)}",
        _text(" ".join(of.command.collect_usage_pieces(of.context))),
        ".SH DESCRIPTION",
        *about,
        *_commands(of),
        ".SH OPTIONS",
        *_options(of),
    ]
    if examples:
        lines += [".SH EXAMPLES", *_literal(examples)]
    lines += [".SH EXIT STATUS", *_list((str(code.value), code.meaning) for code in ExitCode)]
    lines += [".SH ENVIRONMENT", *_environment(of)]
    lines += [".SH SEE ALSO", _see_also(of)]
    return "\n".join(lines) + "\n"


def _description(command: click.Command) -> tuple[list[str], list[str]]:
    """The paragraphs of the help as roff, and the lines of its examples."""
    about: list[str] = []
    examples: list[str] = []
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line.strip() not in {"", _LITERAL}]
        if lines and lines[0].startswith("Example"):
            examples += [line.removeprefix("  ") for line in lines[1:]]
        elif lines:
            about.append(".PP")
            about += _literal(lines) if _LITERAL in paragraph else [_text(" ".join(line.strip() for line in lines))]
    return about[1:], examples


def _commands(of: NamedCommand) -> Iterator[str]:
    if commands := list(subcommands(of)):
        yield ".SH COMMANDS"
        for each in commands:
            yield f".TP\n.BR {_text(_title(each))} (1)\n{_text(each.summary)}"


def _options(of: NamedCommand) -> Iterator[str]:
    records = (parameter.get_help_record(of.context) for parameter in of.command.get_params(of.context))
    yield from _list(record for record in records if record)


def _environment(of: NamedCommand) -> Iterator[str]:
    connected = any(parameter.name == "config" for parameter in of.command.params) or not of.words
    variables = _OF_ALL | (_OF_COMMANDS.get(of.words[0], {}) if of.words else {})
    if connected:
        yield "Without a configuration file the connection settings are read from these variables. Each of them also"
        yield "exists with the prefix CALICO_, which takes precedence."
        yield from _list(_CONNECTION.items())
        variables = {CONTEXT_VARIABLE: "Context in the configuration file."} | variables
        yield ".PP\nOther variables:"
    yield from _list(variables.items())


def _see_also(of: NamedCommand) -> str:
    others = [each for each in (program(), *subcommands(program())) if each.words != of.words]
    if len(of.words) > 1:
        others = [each for each in others if each.words in {(), of.words[:1]}]
    elif of.words:
        others += subcommands(of)
    return " ,\n".join(f".BR {_text(_title(each))} (1)" for each in others)


def _list(items: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, meaning in items:
        yield f".TP\n.B {_text(name)}\n{_text(' '.join(meaning.split()))}"


def _literal(lines: Iterable[str]) -> list[str]:
    return [".RS 4", ".nf", *(_text(line) for line in lines), ".fi", ".RE"]


def _text(text: str) -> str:
    """Text as roff: nothing in it is a request or an escape, and ASCII characters stay what they are."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = text.replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    return re.sub(r"^(?=[.'])", r"\\&", text)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
