"""Findings to text: one module for each form of `-o`, whatever verb has found them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from calicoctl.findings import Checked

Formatter: TypeAlias = "Callable[[Checked], str]"
"""Takes the result of a check; gives text that ends with a line break, or nothing."""

FORMS = {
    "text": "a line for each finding; one with how much is valid, when all is. The default",
    "json": "a list of objects with the same fields each, for scripts; empty when there is nothing to say",
    "sarif": "SARIF 2.1.0, for code scanning and editors",
    "junit": "JUnit XML: a test suite for each file, a test case for each resource, problems as failures",
    "github": "annotations of GitHub Actions, shown beside the lines of a change",
}
"""The forms of output and what each is; each is a module here with a function `show`."""


def formatter_named(form: str) -> Formatter:
    """The formatter for one of `FORMS`, loaded now."""
    show: Formatter = import_module(f"calicoctl.printers.findings.{form}").show
    return show
