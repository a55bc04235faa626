"""Output formats of `get`: which values of -o are invalid."""

from __future__ import annotations

import pytest

from calicoctl.errors import UsageError
from calicoctl.printers.resources import OUTPUT_FORMATS, get_printer
from tests.support.printed_resources import get_kind

WRONG = [
    ("xml", f"-o xml: there is no such output (choose {', '.join(OUTPUT_FORMATS)})"),
    ("yaml=x", "-o yaml=x: there is no such output"),
    ("", "-o : there is no such output"),
    ("custom-columns=", "-o custom-columns= needs at least one heading"),
    ("custom-columns= , ", "-o custom-columns= needs at least one heading"),
    ("custom-columns=NAME,FOO", "-o custom-columns: there is no column FOO (columns are "),
    ("custom-columns=ORDER", "-o custom-columns: there is no column ORDER (columns are "),
    ("go-template={{.}}", "-o go-template is not supported"),
]


@pytest.mark.parametrize(("form", "message"), WRONG)
def test_forms_that_are_none(form: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        get_printer(form, [get_kind("profile")])
    assert caught.value.lines[0].startswith(message)


def test_without_a_kind_a_column_has_to_be_one_of_any_kind() -> None:
    get_printer("custom-columns=ORDER", None)
    with pytest.raises(UsageError, match="there is no column FOO"):
        get_printer("custom-columns=FOO", None)
