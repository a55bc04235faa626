"""Suppression comments: which findings each one covers, and unused or invalid ones."""

from __future__ import annotations

import pytest

from calicoctl.errors import Position
from calicoctl.manifest import Source
from calicoctl.operations.load.suppressions import Suppressions

MANIFEST = """\
a: 1  # calicoctl: ignore=CAL001
# calicoctl: ignore=CAL001,CAL002 why
# and more of why
b: 2
# calicoctl: ignore=CAL001

c: 3
d: '# calicoctl: ignore=CAL001'
e: 4  #calicoctl:ignore=cal001
"""


KNOWN = ("CAL001", "CAL002", "CAL003")


@pytest.mark.parametrize(
    ("line", "silenced"),
    [
        (1, ["CAL001"]),
        (2, []),
        (4, ["CAL001", "CAL002"]),
        (6, ["CAL001"]),  # a blank line is no place of anything
        (7, []),
        (8, []),
        (9, ["CAL001"]),
    ],
)
def test_a_comment_is_for_its_line_or_the_one_below(line: int, silenced: list[str]) -> None:
    silencer = Suppressions([Source("a.yaml", MANIFEST)], KNOWN)
    assert [code for code in KNOWN if silencer.covers(code, [Position("a.yaml", line, 9)])] == silenced
    assert not silencer.covers("CAL001", [Position("b.yaml", line, 9)])


def test_a_comment_for_the_file_is_for_all_of_it_and_no_other() -> None:
    text = "a: 1\nb: 2  # calicoctl: ignore-file=CAL002\n"
    silencer = Suppressions([Source("a.yaml", text), Source("b.yaml", "a: 1\n")], KNOWN)
    assert silencer.covers("CAL002", [Position("a.yaml", 1, 1)])
    assert not silencer.covers("CAL001", [Position("a.yaml", 2, 1)])
    assert not silencer.covers("CAL002", [Position("b.yaml", 1, 1)])


def test_unused_suppressions_are_reported_for_each_code() -> None:
    silencer = Suppressions([Source("a.yaml", MANIFEST)], KNOWN)
    silencer.covers("CAL001", [Position("a.yaml", 4, 1)])
    told = [(place.line, message.split()[2]) for place, message in silencer.unused()]
    assert told == [(1, "CAL001"), (2, "CAL002"), (5, "CAL001"), (9, "CAL001")]
    assert list(silencer.invalid()) == []


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("# calicoctl: ignore=CAL999", "no code CAL999"),
        ("# calicoctl: ignore=CAL001,CAL9", "no code CAL9"),
        ("# calicoctl: ignore CAL001", "ignores nothing"),
        ("# calicoctl: ignore=CAL001, CAL002", "ignores nothing"),
        ("# calicoctl: ignore=", "ignores nothing"),
        ("# calicoctl: ignore-all=CAL001", "ignores nothing"),
    ],
)
def test_a_misspelled_suppression_is_reported(comment: str, told: str) -> None:
    silencer = Suppressions([Source("a.yaml", f"a: 1  {comment}\n")], KNOWN)
    ((place, message),) = silencer.invalid()
    assert (place, told in message) == (Position("a.yaml", 1, 7), True)


@pytest.mark.parametrize("comment", ["# calicoctl is good", "# see calicoctl: ignore=CAL001", "# calicoctl: soon"])
def test_other_comments_are_none_of_ours(comment: str) -> None:
    silencer = Suppressions([Source("a.yaml", f"a: 1  {comment}\n")], KNOWN)
    assert not silencer.covers("CAL001", [Position("a.yaml", 1, 1)])
    assert [*silencer.invalid(), *silencer.unused()] == []
