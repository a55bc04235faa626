"""Tables of output formats."""

from __future__ import annotations

import pytest

from calicoctl.errors import UsageError
from calicoctl.printers import formats

TABLES = {name: table for name, table in vars(formats).items() if isinstance(table, formats.OutputFormats)}


@pytest.mark.parametrize("name", TABLES)
def test_every_formatter_can_be_loaded(name: str) -> None:
    for each in TABLES[name]:
        selected = TABLES[name].select(each.syntax)
        assert callable(selected.load())
        assert bool(selected.load_stream()) == bool(each.stream_formatter)


@pytest.mark.parametrize("name", TABLES)
def test_every_command_has_json(name: str) -> None:
    assert "json" in TABLES[name]


def test_an_unknown_format_is_rejected_with_the_known_formats() -> None:
    with pytest.raises(UsageError, match=r"^-o xml: unknown format \(formats are text, json\)$"):
        formats.REPORT.select("xml")


def test_both_versions_of_convert_have_the_same_formats() -> None:
    assert [each.name for each in formats.V1_MANIFESTS] == [each.name for each in formats.V3_MANIFESTS]
    assert formats.DIFF.default.name == formats.SEMANTIC_DIFF.default.name


def test_formats_named_text_and_tables_are_for_users() -> None:
    """All others are UTF-8 and complete."""
    for name, table in TABLES.items():
        for each in table if name not in {"SCHEMA", "ROLES"} else ():  # their text is JSON, and a script
            assert each.for_users == (each.name in {"text", "ps", "wide"}), (name, each.name)
