"""Output formats of `get`: invalid formats and columns."""

from __future__ import annotations

import pytest

from calicoctl.errors import UsageError
from calicoctl.printers import formats
from calicoctl.printers.resources import get_printer
from calicoctl.printers.resources.print_options import PrintOptions
from tests.support.printed_resources import get_kind

INVALID_FORMATS = [
    (
        "xml",
        "-o xml: unknown format (formats are ps, wide, yaml, json, name, custom-columns=HEADING[:PATH],..., jsonpath=",
    ),
    ("yaml=x", "-o yaml=x: unknown format (formats are "),
    ("", "-o : unknown format (formats are "),
    ("custom-columns", "-o custom-columns: missing argument (write custom-columns=HEADING[:PATH],...)"),
    ("custom-columns=", "-o custom-columns=: missing heading"),
    ("custom-columns= , ", "-o custom-columns=: missing heading"),
    ("custom-columns=NAME,FOO", "-o custom-columns: unknown column FOO (columns are "),
    ("custom-columns=ORDER", "-o custom-columns: unknown column ORDER (columns are "),
    ("custom-columns=:.metadata.name", "-o custom-columns: ':.metadata.name': expected HEADING:PATH"),
    ("custom-columns=NAME:", "-o custom-columns: 'NAME:': expected HEADING:PATH"),
    ("custom-columns=NAME:.a[", "-o custom-columns: .a[: column 3: missing ]"),
    ("custom-columns=NAME:{.a}{.b}", "-o custom-columns: {.a}{.b}: invalid path"),
    ("jsonpath", "-o jsonpath: missing argument (write jsonpath=TEMPLATE)"),
    ("jsonpath=", "-o jsonpath: no path in braces"),
    ("jsonpath=.metadata.name", "-o jsonpath: no path in braces (write {.metadata.name})"),
    ("jsonpath={.metadata", "-o jsonpath: column 11: missing } at the end of an expression"),
    ("jsonpath-file=x", "-o jsonpath-file: files of templates are not supported (write -o jsonpath="),
    ("jsonpath-as-json={.a}", "-o jsonpath-as-json: not supported (use -o json and jq)"),
    ("custom-columns-file=x", "-o custom-columns-file: files of columns are not supported"),
    ("go-template={{.}}", "-o go-template: Go templates are not supported (use jsonpath=, custom-columns= or json)"),
    ("go-template-file=x", "-o go-template-file: Go templates are not supported"),
]


@pytest.mark.parametrize(("text", "message"), INVALID_FORMATS)
def test_invalid_format_is_rejected(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        get_printer(formats.RESOURCES.select(text), PrintOptions([get_kind("profile")]))
    assert caught.value.lines[0].startswith(message)


def test_without_kinds_a_column_of_any_kind_is_valid() -> None:
    get_printer(formats.RESOURCES.select("custom-columns=ORDER"), PrintOptions())
    with pytest.raises(UsageError, match="unknown column FOO"):
        get_printer(formats.RESOURCES.select("custom-columns=FOO"), PrintOptions())
