"""Options for the changes of traffic that affect the exit code of `diff --semantic`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from calicoctl.console.options.general import Function
from calicoctl.errors import UsageError


def fail_on_options(function: Function) -> Callable[..., Any]:
    """Add `--widening-only` and `--narrowing-only`. The command gets `fail_on`: `gained`, `lost`, or empty for both."""

    @wraps(function)
    def command(*, semantic: bool, widening_only: bool, narrowing_only: bool, **values: Any) -> Any:
        if widening_only and narrowing_only:
            raise UsageError("--widening-only and --narrowing-only cannot be combined (without them, both fail)")
        if (widening_only or narrowing_only) and not semantic:
            raise UsageError(f"--{'widening' if widening_only else 'narrowing'}-only requires --semantic")
        fail_on = "gained" if widening_only else "lost" if narrowing_only else ""
        return function(semantic=semantic, fail_on=fail_on, **values)

    for name, kind in (("narrowing", "lost"), ("widening", "gained")):
        command = click.option(
            f"--{name}-only", is_flag=True, help=f"With --semantic: exit code 1 only for {kind} traffic."
        )(command)
    return command
