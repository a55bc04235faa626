"""Result of `connectivity` as text, with one module for each value of `-o`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from calicoctl.printers.connectivity.result import ConnectivityResult

Formatter: TypeAlias = "Callable[[ConnectivityResult], str]"
"""Function that returns the text of a result; the text ends with a line break."""

OUTPUT_FORMATS = {
    "text": "a table for people, in which long lists are shortened. The default",
    "json": "everything, with all names and addresses, for programs",
    "csv": "a line for each pair of groups, for spreadsheets",
    "dot": "a graph for Graphviz",
    "mermaid": "a graph for Markdown that draws Mermaid, as GitHub and GitLab do",
    "svg": "a picture: who (rows) reaches whom (columns), or arrows when there are few",
    "html": "a page of its own with the picture and a table to search, which needs no network",
}
"""Output formats with their descriptions; each is a module of this package with a function `show`."""


def get_formatter(output_format: str) -> Formatter:
    """Import and return the formatter of one of `OUTPUT_FORMATS`."""
    show: Formatter = import_module(f"calicoctl.printers.connectivity.{output_format}").show
    return show
