"""Options and arguments that select resources."""

from __future__ import annotations

from collections.abc import Callable

import click

from calicoctl.console.completion import values as completing
from calicoctl.console.options.general import Function


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
