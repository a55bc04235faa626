"""The sessions of the documents are split, run and compared as they are described in CONTRIBUTING.md."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.sessions import Step, agrees, blocks, run, sections, steps


def test_a_session_is_split_into_commands_and_outputs() -> None:
    session = "$ cat > file <<END\n> one\n> END\n$ cat file\none\n\n$ true\n"
    assert steps(session) == [
        Step("cat > file <<END\none\nEND\n", ""),
        Step("cat file\n", "one\n\n"),
        Step("true\n", ""),
    ]


def test_one_shell_runs_a_session_and_keeps_exit_codes(tmp_path: Path) -> None:
    session = steps("$ x=1; false\n$ echo $? $x\n$ echo to stderr >&2\n")
    assert run(session, tmp_path, os.environ) == ["", "1 1\n", "to stderr\n"]


def test_blocks_and_sections_of_a_document() -> None:
    text = "# a\n## b\n```yaml x.yaml\ny: 1\n```\n## c\n```sh\nls\n```\n"
    assert list(sections(text)) == ["b", "c"]
    assert list(blocks(text)) == [("yaml", "x.yaml", "y: 1\n"), ("sh", "", "ls\n")]


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("one\n", "one\n", True),
        ("one\n", "one\ntwo\n", False),
        ("port 1...\n", "port 123\n", True),
        ("port ...\n", "port 1\n2\n", False),
        ("...\nend\n", "end\n", True),
        ("...\nend\n", "1\n2\nend\n", True),
        ("a.c\n", "abc\n", False),
    ],
)
def test_dots_match_any_text(expected: str, printed: str, same: bool) -> None:
    assert agrees(expected, printed) is same
