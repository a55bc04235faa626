"""Options that decide what `apply` writes: the set, pruning, `--force`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from calicoctl.console.completion import sets as completing
from calicoctl.console.option_types import ApplyOptions, SetOptions
from calicoctl.console.options.connection import allow_lockout_option, failsafe_option
from calicoctl.console.options.general import Function
from calicoctl.errors import UsageError

force_option = click.option(
    "--force",
    is_flag=True,
    help="Allow loss of match criteria that v1 cannot represent, and moves of resources between sets.",
)

_DEFAULT_PRUNE_MAX = 10
"""Default of `--prune-max`."""


def check_set_name(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """Return the name of a set; callback of options and arguments."""
    from calicoctl.kinds.values.set_membership import is_valid_set_name

    if name is not None and not is_valid_set_name(name):
        raise click.BadParameter(f"invalid set name {name!r} (write 1 to 63 letters, digits, '-', '_' or '.')")
    return name


def _set_option(help_text: str) -> Callable[[Function], Function]:
    return click.option(
        "--set",
        "set_name",
        metavar="NAME",
        callback=check_set_name,
        shell_complete=completing.set_names,
        help=help_text,
    )


set_filter_option = _set_option("Only resources that belong to the set.")


def set_options(function: Function) -> Callable[..., Any]:
    """Add `--set`, `--prune` and `--prune-max`. The command gets `set_options`, a `SetOptions`."""

    @wraps(function)
    def command(*, set_name: str | None, prune: bool, prune_max: int | None, **values: Any) -> Any:
        if prune and set_name is None:
            raise UsageError("--prune requires --set NAME: only members of a set are pruned")
        if prune_max is not None and not prune:
            raise UsageError("--prune-max requires --prune")
        limit = _DEFAULT_PRUNE_MAX if prune_max is None else prune_max
        return function(set_options=SetOptions(set_name, prune, limit), **values)

    command = click.option(
        "--prune-max",
        type=click.IntRange(min=0),
        metavar="N",
        help=f"Maximum number of resources to prune.  [default: {_DEFAULT_PRUNE_MAX}]",
    )(command)
    command = click.option("--prune", is_flag=True, help="Delete members of the set that are not in the manifests.")(
        command
    )
    return _set_option("Set to add the resources to.")(command)


def apply_options(function: Function) -> Callable[..., Any]:
    """Add the options of `apply` to a command that shows its changes. The command gets `apply_options`."""

    @wraps(function)
    def command(*, set_options: SetOptions, force: bool, allow_lockout: bool, failsafe: str, **values: Any) -> Any:
        return function(apply_options=ApplyOptions(set_options, force, allow_lockout, failsafe), **values)

    return force_option(set_options(failsafe_option(allow_lockout_option(command))))
