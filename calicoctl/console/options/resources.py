"""Options and arguments that select resources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from calicoctl.console.completion import values as completing
from calicoctl.console.option_types import Revision
from calicoctl.console.options.general import Function
from calicoctl.errors import UsageError


def manifest_options(function: Function) -> Function:
    """Add `--filename` and `--recursive`."""
    function = click.option("-R", "--recursive", is_flag=True, help="Read directories recursively.")(function)
    return click.option(
        "-f",
        "--filename",
        "filenames",
        multiple=True,
        metavar="PATH",
        shell_complete=completing.files,
        help="Manifest, directory with *.yaml, *.yml and *.json files, or - for stdin. Can be repeated.",
    )(function)


def file_arguments(function: Function) -> Callable[..., Any]:
    """Add manifests as arguments, and `manifest_options`. The command gets both as `filenames`."""

    @wraps(function)
    def command(*, files: tuple[str, ...], filenames: tuple[str, ...], **values: Any) -> Any:
        return function(filenames=merge_filenames(filenames, files), **values)

    argument = click.argument("files", nargs=-1, metavar="[FILE...]", shell_complete=completing.files)
    return argument(manifest_options(command))


def merge_filenames(filenames: Sequence[str], files: Sequence[str]) -> tuple[str, ...]:
    """Return the values of `-f` and the manifests that are arguments.

    Raises:
        UsageError: an argument is a kind or the name of a resource.
    """
    for word in files:
        _refuse_resource_name(word)
    return (*filenames, *files)


def _refuse_resource_name(word: str) -> None:
    """Raise UsageError for a kind, and for the name of a resource, unless a file or directory has this name."""
    from calicoctl.kinds import find_kind
    from calicoctl.manifest.sources import MANIFEST_SUFFIXES

    kind, _, name = word.partition("/")
    if not find_kind(kind) or Path(word).exists():
        return
    if word == kind:
        raise UsageError(f"{word!r} is a kind, not a manifest (no file or directory has this name)")
    if name and not word.endswith((*MANIFEST_SUFFIXES, "/")):
        raise UsageError(f"{word!r} is the name of a resource, not a manifest (no file has this name)")


def at_option(help_text: str) -> Callable[[Function], Function]:
    """Add `--at`. The command gets `at`, a revision or None."""
    return click.option(
        "--at", type=Revision(), metavar="REVISION", help=help_text, shell_complete=completing.revisions
    )


def ignore_not_found_option(*old_names: str) -> Callable[[Function], Function]:
    """Add `--ignore-not-found`. Its old names are valid, but hidden."""

    def decorator(function: Function) -> Function:
        if old_names:
            function = click.option(
                *old_names, "ignore_not_found", is_flag=True, hidden=True, help="Old name of --ignore-not-found."
            )(function)
        return click.option("--ignore-not-found", is_flag=True, help="Skip resources that do not exist.")(function)

    return decorator


interface_option = click.option(
    "--interface",
    metavar="NAME",
    help="Interface that all traffic of nodes with host endpoints uses.  [default: any]",
)

with_datastore_option = click.option(
    "--with-datastore", is_flag=True, help="Analyze the datastore as it would be after apply of the manifests of -f."
)


def names_argument(metavar: str, *, allow_all: bool = False) -> Callable[[Function], Function]:
    """Add resource names for `parse_names`; `allow_all` completes `all`."""
    return click.argument("names", nargs=-1, metavar=metavar, shell_complete=completing.names(allow_all=allow_all))


def filter_options(function: Function) -> Function:
    """Add an option for each identifying field other than the name."""
    for name, short, help_text in (
        ("workload", (), "Workload of a workloadEndpoint."),
        ("orchestrator", (), "Orchestrator of a workloadEndpoint."),
        ("scope", (), "Scope of a bgpPeer."),
        ("node", ("-n",), "Node of an endpoint or a bgpPeer."),
    ):
        option_type = click.Choice(["global", "node"]) if name == "scope" else None
        complete = None if option_type else completing.filter_values
        function = click.option(*short, f"--{name}", type=option_type, help=help_text, shell_complete=complete)(
            function
        )
    return function
