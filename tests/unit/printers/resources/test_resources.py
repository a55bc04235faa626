"""Output formats of `get`: invalid formats and columns."""

from __future__ import annotations

import pytest

from calicoctl.errors import UsageError
from calicoctl.printers import formats
from calicoctl.printers.resources import get_printer
from tests.support.printed_resources import get_kind

INVALID_FORMATS = [
    ("xml", "-o xml: unknown format (formats are ps, wide, yaml, json, name, custom-columns=HEADING,...)"),
    ("yaml=x", "-o yaml=x: unknown format (formats are "),
    ("", "-o : unknown format (formats are "),
    ("custom-columns", "-o custom-columns: missing argument (write custom-columns=HEADING,...)"),
    ("custom-columns=", "-o custom-columns=: missing heading"),
    ("custom-columns= , ", "-o custom-columns=: missing heading"),
    ("custom-columns=NAME,FOO", "-o custom-columns: unknown column FOO (columns are "),
    ("custom-columns=ORDER", "-o custom-columns: unknown column ORDER (columns are "),
    ("go-template={{.}}", "-o go-template: Go templates are not supported"),
]


@pytest.mark.parametrize(("text", "message"), INVALID_FORMATS)
def test_invalid_format_is_rejected(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        get_printer(formats.RESOURCES.select(text), [get_kind("profile")])
    assert caught.value.lines[0].startswith(message)


def test_without_kinds_a_column_of_any_kind_is_valid() -> None:
    get_printer(formats.RESOURCES.select("custom-columns=ORDER"), [])
    with pytest.raises(UsageError, match="unknown column FOO"):
        get_printer(formats.RESOURCES.select("custom-columns=FOO"), [])
