"""Options of `diff --unmanaged`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

import click

from calicoctl.console.completion import values as completing
from calicoctl.console.options.general import Function
from calicoctl.errors import UsageError


class UnmanagedOptions(NamedTuple):
    """Unmanaged resources to show."""

    kinds: tuple[str, ...]
    """Kinds as typed; empty for all kinds."""
    selector: str | None


def unmanaged_options(function: Function) -> Callable[..., Any]:
    """Add `--unmanaged`, `--kind` and `--selector`. The command gets `unmanaged`, `UnmanagedOptions` or None."""

    @wraps(function)
    def command(*, unmanaged: bool, kinds: tuple[str, ...], selector: str | None, **values: Any) -> Any:
        if not unmanaged and (kinds or selector is not None):
            raise UsageError(f"{'--kind' if kinds else '-l'} requires --unmanaged")
        return function(unmanaged=UnmanagedOptions(kinds, selector) if unmanaged else None, **values)

    command = click.option(
        "-l", "--selector", metavar="SELECTOR", help="With --unmanaged: only resources whose labels match."
    )(command)
    command = click.option(
        "--kind",
        "kinds",
        multiple=True,
        metavar="KIND",
        shell_complete=completing.kinds,
        help="With --unmanaged: only resources of this kind. Can be repeated.",
    )(command)
    return click.option(
        "--unmanaged",
        is_flag=True,
        help="Also show resources that only the datastore has; with --set, only members of the set.",
    )(command)
