"""Options and arguments that say which resources a verb acts on."""

from __future__ import annotations

from collections.abc import Callable

import click

from calicoctl.console.completion import values as completing
from calicoctl.console.options.general import Function


def manifest_options(function: Function) -> Function:
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


with_datastore_option = click.option(
    "--with-datastore", is_flag=True, help="With -f: on top of what the datastore has, as apply would write it."
)


def names_argument(metavar: str, *, allow_all: bool = False) -> Callable[[Function], Function]:
    """The resource arguments that `parse_names` reads; `allow_all` for a verb that accepts all kinds."""
    return click.argument("names", nargs=-1, metavar=metavar, shell_complete=completing.names(allow_all=allow_all))


def filter_options(function: Function) -> Function:
    """The identifying fields of resources that a name alone does not name."""
    for name, short, help_text in (
        ("workload", (), "The workload of a workloadEndpoint."),
        ("orchestrator", (), "The orchestrator of a workloadEndpoint."),
        ("scope", (), "The scope of a bgpPeer: global or node."),
        ("node", ("-n",), "The node of an endpoint or a bgpPeer."),
    ):
        option_type = click.Choice(["global", "node"]) if name == "scope" else None
        complete = None if option_type else completing.filter_values
        function = click.option(*short, f"--{name}", type=option_type, help=help_text, shell_complete=complete)(
            function
        )
    return function
