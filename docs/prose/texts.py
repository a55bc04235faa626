"""All texts to check: documents, Python modules, and the output of each `--help`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from docs.prose.python_text import PythonText

_BLOCK_START = re.compile(r"[-*+] |[|>#]|\d+\.|```")


class Text(NamedTuple):
    """A text to check."""

    origin: str
    """The file or the command, for the report."""
    suffix: str
    """The end of the file name for Vale, which selects the rules in `.vale.ini`."""
    content: str
    indents: Mapping[int, int] = {}
    """The number of characters removed from the start of a line."""


def document(origin: str, content: str) -> Text:
    """Return the text of a Markdown file.

    Continuation lines are not indented, which means the same: Vale does not find phrases across indented lines.
    """
    lines = content.splitlines()
    indents = dict(_continuation_indents(lines))
    plain = "".join(f"{line[indents.get(number, 0) :]}\n" for number, line in enumerate(lines, 1))
    return Text(origin, ".md", plain, indents)


def _continuation_indents(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    in_code, in_paragraph = False, False
    for number, line in enumerate(lines, 1):
        content = line.strip()
        is_fence = content.startswith("```")
        in_code ^= is_fence
        if in_paragraph and not in_code and not _BLOCK_START.match(content):
            yield number, len(line) - len(line.lstrip())
        in_paragraph = bool(content) and not in_code and not is_fence


def documents(root: Path) -> Iterator[Text]:
    """Yield the Markdown files at the root, in `docs/` and in `examples/`."""
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md"):
        for path in sorted(root.glob(pattern)):
            yield document(str(path.relative_to(root)), path.read_text(encoding="utf-8"))


def modules(root: Path) -> Iterator[Text]:
    """Yield the docstrings, messages and comments of each module of `calicoctl/`."""
    for path in sorted(root.glob("calicoctl/**/*.py")):
        yield from module_texts(str(path.relative_to(root)), path.read_text(encoding="utf-8"))


def module_texts(origin: str, source: str) -> Iterator[Text]:
    """Yield the docstrings, messages and comments of a module as one text each."""
    text = PythonText(source)
    yield Text(origin, ".docstring.txt", text.docstrings())
    yield Text(origin, ".message.txt", text.messages())
    yield Text(origin, ".comment.txt", text.comments())


def help_texts(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[Text]:
    """Yield the help of a command and of its subcommands."""
    context = click.Context(command, parent=parent, info_name=name, terminal_width=100)
    yield Text(f"{context.command_path} --help", ".help.txt", command.get_help(context))
    if isinstance(command, click.Group):
        for subcommand in command.list_commands(context):
            child = command.get_command(context, subcommand)
            if child is not None:
                yield from help_texts(child, subcommand, context)
