"""Options that several verbs share, each written down once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any, NamedTuple, TypeVar

import click

from calicoctl.commands import completing
from calicoctl.commands.speech import colours, current
from calicoctl.errors import UsageProblem

Function = TypeVar("Function", bound=Callable[..., Any])

MAX_TIMEOUT = 3600
LOG_LEVELS = ("panic", "fatal", "error", "warn", "info", "debug")


def _set_log_level(context: click.Context, _parameter: click.Parameter, level: str | None) -> None:
    if level is None or context.resilient_parsing:  # completion says nothing
        return
    import logging

    numbers = {"panic": logging.CRITICAL, "fatal": logging.CRITICAL, "warn": logging.WARNING}
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("calicoctl").setLevel(numbers.get(level, getattr(logging, level.upper(), logging.CRITICAL)))


def log_level(*names: str) -> Callable[[Function], Function]:
    """`--log-level`, before or after the verb; before it `-l` as well, which `get` has for selectors."""
    return click.option(
        *names,
        type=click.Choice(LOG_LEVELS),
        expose_value=False,
        callback=_set_log_level,
        help="Write a log of this level to stderr.",
    )


def _set_colour(context: click.Context, _parameter: click.Parameter, choice: str | None) -> None:
    if choice is None and context.parent:
        return  # what was said before the verb holds
    context.color = current(context).colour = colours(choice or "auto")


def general(*log_level_names: str) -> Callable[[Function], Function]:
    """`--log-level` and `--color`: what every verb has, and calicoctl before the verb."""

    def decorator(function: Function) -> Function:
        colour = click.option(
            "--color",
            type=click.Choice(("auto", "always", "never")),
            expose_value=False,
            callback=_set_colour,
            help="Colours: auto is on a terminal, unless NO_COLOR is set.  [default: auto]",
        )
        return log_level(*log_level_names)(colour(function))

    return decorator


def _check_timeout(_context: click.Context, _parameter: click.Parameter, seconds: float | None) -> float | None:
    if seconds is not None and not 0 < seconds <= MAX_TIMEOUT:  # NaN is neither
        raise click.BadParameter(f"{seconds:g} is not more than 0 and at most {MAX_TIMEOUT} seconds")
    return seconds


class Target(NamedTuple):
    """Which datastore a verb uses, and how it writes there."""

    config: str | None
    timeout: float | None
    """Seconds; None for the usual."""
    max_txn_ops: int | None = None
    """What the server allows in one transaction; None for the usual."""
    atomic: bool = False
    """Whether to refuse what does not fit one transaction."""
    dry_run: bool = False
    """Whether to write nothing."""
    report_form: str = "text"
    """text or json."""


def connection(function: Function) -> Callable[..., Any]:
    """`--config` and `--timeout`: where the datastore is. The verb gets a `target`."""
    return _connection_options(_with_target(function, ()))


def writing(function: Function) -> Callable[..., Any]:
    """What says where and how to write, and how to report it. The verb gets a `target`."""
    command = click.option(
        "--max-txn-ops",
        type=click.IntRange(min=2),
        metavar="N",
        help="What etcd allows in one transaction, as its option of that name.  [default: 128]",
    )(_with_target(function, _WRITING))
    command = click.option(
        "--atomic", is_flag=True, help="Refuse to write what one transaction can't hold, instead of splitting it."
    )(command)
    command = click.option(
        "--dry-run", is_flag=True, help="Check against the datastore and report as usual, but write nothing."
    )(command)
    return output(_connection_options(command))


def output(function: Function) -> Function:
    """`--output`, for verbs that say what they did."""
    return click.option(
        "-o",
        "--output",
        "report_form",
        type=click.Choice(("text", "json")),
        default="text",
        help="How to print the result.  [default: text]",
    )(function)


def _with_target(function: Function, names: Collection[str]) -> Callable[..., Any]:
    @wraps(function)
    def command(*, config: str | None, timeout: float | None, **values: Any) -> Any:
        writing = {name: values.pop(name) for name in names}
        return function(target=Target(config, timeout, **writing), **values)

    return command


_WRITING = ("max_txn_ops", "atomic", "dry_run", "report_form")


def _connection_options(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option(
        "--timeout",
        type=float,
        callback=_check_timeout,
        metavar="SECONDS",
        help="How long to wait for the datastore.  [default: 6]",
    )(function)
    function = click.option(
        "-c",
        "--config",
        metavar="FILE",
        shell_complete=completing.files,
        help="Connection settings.  [default: /etc/calico/calicoctl.cfg if it is there, else the environment]",
    )(function)
    return general("--log-level")(function)


def manifests(function: Function) -> Function:
    """`--filename` and `--recursive`: what to read."""
    function = click.option("-R", "--recursive", is_flag=True, help="Read the directories within a directory as well.")(
        function
    )
    return click.option(
        "-f",
        "--filename",
        "filenames",
        multiple=True,
        metavar="PATH",
        shell_complete=completing.files,
        help="A manifest, a directory of *.yaml, *.yml and *.json, or - for stdin. Can be given several times.",
    )(function)


force = click.option(
    "--force",
    is_flag=True,
    help="Write even where that drops match criteria that v1 can't say, or moves a resource to another set.",
)


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
    def command(*, set_name: str | None, prune: bool, prune_max: int, **values: Any) -> Any:
        if prune and set_name is None:
            raise UsageProblem("--prune needs --set NAME: only members of a set are pruned")
        return function(members=Members(set_name, prune, prune_max), **values)

    command = click.option(
        "--prune-max", type=click.IntRange(min=0), metavar="N", default=10, help="Prune so many at most.  [default: 10]"
    )(command)
    command = click.option(
        "--prune", is_flag=True, help="Delete members of the set that the manifests do not have any more."
    )(command)
    return click.option(
        "--set", "set_name", metavar="NAME", callback=_check_set, help="Make all of it members of this set."
    )(command)


def names(metavar: str, *, or_all: bool = False) -> Callable[[Function], Function]:
    """The argument `names`: the words that `naming.parse_names` reads; `or_all` for a verb that takes all kinds."""
    return click.argument("names", nargs=-1, metavar=metavar, shell_complete=completing.names(or_all=or_all))


def filters(function: Function) -> Function:
    """The identifying fields of resources that a name alone does not name."""
    for name, short, help_text in (
        ("workload", (), "The workload of a workloadEndpoint."),
        ("orchestrator", (), "The orchestrator of a workloadEndpoint."),
        ("scope", (), "The scope of a bgpPeer: global or node."),
        ("node", ("-n",), "The node of an endpoint or a bgpPeer."),
    ):
        kind = click.Choice(["global", "node"]) if name == "scope" else None
        complete = None if kind else completing.field_of_names
        function = click.option(*short, f"--{name}", type=kind, help=help_text, shell_complete=complete)(function)
    return function


def given(**values: str | None) -> dict[str, str]:
    """The options of `filters` that were given."""
    return {name: value for name, value in values.items() if value is not None}


def refuse(values: Mapping[str, str], what: str) -> None:
    """Raise UsageProblem when filters are given that mean nothing here."""
    for name in values:
        raise UsageProblem(f"--{name} does not go with {what}")
