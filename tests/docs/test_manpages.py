"""The manual pages: one for each command, complete, without warnings of man, and in what is shipped."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.generators.commands import NamedCommand, all_commands, program
from docs.generators.manpages import pages
from tests.docs.conftest import ROOT

COMMANDS = [program(), *all_commands()]
EVERY_COMMAND = pytest.mark.parametrize("command", COMMANDS, ids=[each.name for each in COMMANDS])
SECTIONS = ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as `make man` writes them."""
    folder = tmp_path_factory.mktemp("man")
    subprocess.run([sys.executable, "-m", "docs.generators.manpages", str(folder)], cwd=ROOT, check=True)
    return folder


def plain(page: str) -> str:
    """The text of a page without the escapes of roff."""
    return page.replace("\\-", "-").replace("\\(aq", "'").replace("\\e", "\\")


@EVERY_COMMAND
def test_a_command_has_a_page_with_all_of_its_options(command: NamedCommand, directory: Path) -> None:
    text = plain((directory / f"{command.name.replace(' ', '-')}.1").read_text(encoding="ascii"))
    assert [name for name in SECTIONS if f"\n.SH {name}\n" not in text] == []
    shown = (each for each in command.command.params if not getattr(each, "hidden", False))
    options = [option for parameter in shown for option in parameter.opts if option.startswith("-")]
    assert [option for option in options if option not in text] == []
    assert ("\n.SH EXAMPLES\n" in text) == ("Example" in (command.command.help or ""))


def test_there_are_no_other_pages(directory: Path) -> None:
    assert {path.name for path in directory.iterdir()} == set(pages())
    assert len(pages()) == len(COMMANDS)


LINTERS = {
    "man": ["man", "--warnings", "--local-file", "--encoding=UTF-8", "--pager=cat"],
    "groff": ["groff", "-man", "-Tutf8", "-ww", "-z"],
    "mandoc": ["mandoc", "-T", "lint", "-W", "warning"],
}


@pytest.mark.parametrize("linter", LINTERS)
def test_the_pages_are_without_warnings(linter: str, directory: Path) -> None:
    if not shutil.which(linter):
        pytest.skip(f"{linter} is not installed")
    done = subprocess.run(
        [*LINTERS[linter], *map(str, sorted(directory.iterdir()))], capture_output=True, text=True, check=False
    )
    complaints = done.stderr + (done.stdout if linter == "mandoc" else "")
    assert complaints == ""


def test_text_is_not_interpreted_as_roff_requests(directory: Path) -> None:
    """A line that begins with a dot is a request of man(7)."""
    known = {"TH", "nh", "ad", "SH", "B", "BR", "PP", "TP", "RS", "RE", "nf", "fi"}
    for path in directory.iterdir():
        used = set(re.findall(r"^\.(\w+)", path.read_text(encoding="ascii"), re.MULTILINE))
        assert used <= known, path.name
