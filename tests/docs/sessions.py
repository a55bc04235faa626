"""Sessions in Markdown: the blocks of commands with their output, and how to run them as a shell does."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(r"^```(\w+)(?: ([\w.-]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "\x1e"
# Between two commands; the exit code of the first is there for the second.
_NEXT = f"mark() {{ local code=$?; printf '{_MARK}'; return $code; }}\n"


class Block(NamedTuple):
    """A fenced block: its language, the file that it is the content of if any, and its text."""

    language: str
    file: str
    text: str


class Step(NamedTuple):
    """A command, and what it prints, stdout and stderr as they come."""

    command: str
    output: str


def sections(markdown: str) -> dict[str, str]:
    """The text below each heading of the second level, by heading. Headings within fenced blocks do not count."""
    found: dict[str, str] = {}
    heading, fenced = "", False
    for line in markdown.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            heading = line[3:].strip()
            found[heading] = ""
        elif heading:
            found[heading] += line
    return found


def blocks(markdown: str) -> Iterator[Block]:
    """The fenced blocks in their order."""
    for language, file, text in _BLOCK.findall(markdown):
        yield Block(language, file, text)


def steps(session: str) -> list[Step]:
    """The commands of a session: `$ ` begins one, `> ` continues it, the rest is output."""
    found: list[Step] = []
    for line in session.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append(Step(line[2:], ""))
        elif line.startswith("> ") and not found[-1].output:
            found[-1] = found[-1]._replace(command=found[-1].command + line[2:])
        else:
            found[-1] = found[-1]._replace(output=found[-1].output + line)
    return found


def run(session: list[Step], folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Run the commands of a session in one shell; what each of them prints."""
    script = _NEXT + "".join(f"{step.command}mark\n" for step in session)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=120,
    )
    return done.stdout.decode().split(_MARK)[:-1]


def agrees(expected: str, printed: str) -> bool:
    """Whether an output is the expected one; `...` is any text in a line, alone in a line any lines."""
    pattern = re.sub(r"^\\\.\\\.\\\.\n", r"(?:.*\n)*", re.escape(expected).replace("\\\n", "\n"), flags=re.MULTILINE)
    return re.fullmatch(pattern.replace(r"\.\.\.", ".*"), printed) is not None
