"""Options of `get` for the rows and the columns of its output."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from calicoctl.console.option_types import TableOptions
from calicoctl.console.options.general import Function

_OPTIONS = (
    click.option(
        "-A",
        "--all-namespaces",
        is_flag=True,
        expose_value=False,
        help="Accepted without effect, for users of kubectl: Calico v1 has no namespaces.",
    ),
    click.option("--sort-by", metavar="FIELD", help="Sort by a field, such as .spec.order.  [default: name]"),
    click.option("--show-labels", is_flag=True, help="Add a column with labels to tables, csv and markdown."),
    click.option("--no-headers", is_flag=True, help="Print tables, csv and markdown without headings."),
)


def table_options(function: Function) -> Callable[..., Any]:
    """Add `--no-headers`, `--show-labels`, `--sort-by` and `-A`. The command gets `table`, a `TableOptions`."""

    @wraps(function)
    def command(*, no_headers: bool, show_labels: bool, sort_by: str | None, **values: Any) -> Any:
        return function(table=TableOptions(not no_headers, show_labels, sort_by), **values)

    for option in _OPTIONS:
        command = option(command)
    return command
