"""The options of `diff` that select the comparison and its output."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

import click

from calicoctl.console import options
from calicoctl.console.flow_files import flows_option
from calicoctl.errors import UsageError
from calicoctl.printers import formats


class ComparisonOptions(NamedTuple):
    """Comparison, its output and its exit code."""

    output: formats.SelectedFormat
    summary: bool
    semantic: bool
    """Whether to compare allowed traffic instead of resources."""
    fail_on: str
    """Kind of changes that affect the exit code: `gained`, `lost`, or empty for both."""
    flows: str | None
    """File with flows to compare instead of all traffic; None for all traffic."""


def comparison_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--semantic`, `--flows`, `--summary`, `-o` and `fail_on_options`. The command gets `comparison`."""

    @wraps(function)
    def command(
        *,
        output: formats.SelectedFormat,
        summary: bool,
        semantic: bool,
        fail_on: str,
        flows: str | None,
        **values: Any,
    ) -> Any:
        if flows is not None and not semantic:
            raise UsageError("--flows requires --semantic")
        return function(comparison=ComparisonOptions(output, summary, semantic, fail_on, flows), **values)

    result: Callable[..., Any] = options.output_option(formats.SEMANTIC_DIFF)(command)
    result = click.option("--summary", is_flag=True, help="Print one line for each difference, and their number.")(
        result
    )
    result = flows_option(options.fail_on_options(result))
    return click.option("--semantic", is_flag=True, help="Compare allowed traffic instead of resources.")(result)
