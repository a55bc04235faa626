"""Findings to text: one module for each form of `-o`, whatever verb has found them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from calicoctl.findings import CheckResult

Formatter: TypeAlias = "Callable[[CheckResult], str]"
"""Takes the result of a check; gives text that ends with a line break, or nothing."""

OUTPUT_FORMATS = {
    "text": "a line for each finding; one with how much is valid, when all is. The default",
    "json": "a list of objects with the same fields each, for scripts; empty when there is nothing to say",
    "sarif": "SARIF 2.1.0, for code scanning and editors",
    "junit": "JUnit XML: a test suite for each file, a test case for each resource, problems as failures",
    "github": "annotations of GitHub Actions, shown beside the lines of a change",
}
"""The forms of output and what each is; each is a module here with a function `show`."""


def get_formatter(output_format: str) -> Formatter:
    """The formatter for one of `OUTPUT_FORMATS`, loaded now."""
    show: Formatter = import_module(f"calicoctl.printers.findings.{output_format}").show
    return show
