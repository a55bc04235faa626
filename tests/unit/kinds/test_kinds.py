"""Every kind: its aliases, its columns, and its place in the store."""

from __future__ import annotations

from collections import Counter

from calicoctl.kinds import KINDS, Kind, find_kind
from tests.support.read_resources import EVERY_KIND


@EVERY_KIND
def test_headings_are_upper_case_and_there_once(kind: Kind) -> None:
    headings = [column.heading for column in kind.columns]
    assert len(set(headings)) == len(headings)
    assert headings == [heading.upper() for heading in headings]
    assert any(not column.wide_only and not column.custom_only for column in kind.columns), (
        "the plain table has a column"
    )


@EVERY_KIND
def test_columns_show_absent_fields_without_a_none(kind: Kind) -> None:
    assert [column.heading for column in kind.columns if "None" in column.format_value(None)] == []


def test_words_mean_one_kind_only_and_are_in_lower_case() -> None:
    words = Counter(word for kind in KINDS for word in (kind.name.lower(), *kind.aliases))
    assert [word for word, count in words.items() if count > 1] == []
    assert [word for word in words if word != word.lower()] == []
    for kind in KINDS:
        for word in (kind.name, kind.name.upper(), *kind.aliases, *(alias.title() for alias in kind.aliases)):
            assert find_kind(word) is kind
    assert find_kind("nothing") is None
    assert find_kind("") is None


def test_kinds_have_distinct_key_prefixes() -> None:
    assert len({kind.stored_kind.prefix for kind in KINDS}) == len(KINDS)
    assert len({kind.stored_kind.kind for kind in KINDS}) == len(KINDS)
