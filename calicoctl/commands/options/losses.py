"""Options of writing verbs that decide what is written, and what may be lost or deleted."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

import click

from calicoctl.commands.options.general import Function
from calicoctl.errors import UsageProblem

force = click.option(
    "--force",
    is_flag=True,
    help="Write even where that drops match criteria that v1 can't say, or moves a resource to another set.",
)


_MOST = 10
"""So many resources are pruned at most, unless the user says otherwise."""


class Members(NamedTuple):
    """The set that resources become members of."""

    name: str | None
    prune: bool
    """Whether its members that a manifest does not have are deleted."""
    most: int
    """How many may be deleted."""


def _check_set(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    from calicoctl.kinds.membership import is_set_name

    if name is not None and not is_set_name(name):
        raise click.BadParameter(f"{name!r}: a set has a name of 1 to 63 letters, digits, '-', '_' or '.'")
    return name


def sets(function: Function) -> Callable[..., Any]:
    """`--set`, `--prune` and `--prune-max`. The verb gets `members`."""

    @wraps(function)
    def command(*, set_name: str | None, prune: bool, prune_max: int | None, **values: Any) -> Any:
        if prune and set_name is None:
            raise UsageProblem("--prune needs --set NAME: only members of a set are pruned")
        if prune_max is not None and not prune:
            raise UsageProblem("--prune-max needs --prune: nothing is pruned without")
        most = _MOST if prune_max is None else prune_max
        return function(members=Members(set_name, prune, most), **values)

    command = click.option(
        "--prune-max",
        type=click.IntRange(min=0),
        metavar="N",
        help=f"Prune so many at most.  [default: {_MOST}]",
    )(command)
    command = click.option(
        "--prune", is_flag=True, help="Delete members of the set that the manifests do not have any more."
    )(command)
    return click.option(
        "--set", "set_name", metavar="NAME", callback=_check_set, help="Make all of it members of this set."
    )(command)
