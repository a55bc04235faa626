"""Files with flows: the option `--flows`, and the check of its value."""

from __future__ import annotations

from collections.abc import Sequence

import click

from calicoctl.console.completion import values as completing
from calicoctl.console.stdin import check_stdin
from calicoctl.errors import UsageError

flows_option = click.option(
    "--flows",
    metavar="FILE",
    shell_complete=completing.files,
    help="File with flows, or - for stdin: CSV, JSON lines, or flow logs of Calico.",
)


def check_flows_file(path: str, filenames: Sequence[str]) -> None:
    """Check the value of `--flows`.

    Args:
        path: the value.
        filenames: names of the manifests.

    Raises:
        UsageError: the value is empty, or stdin is read twice or closed.
    """
    if not path:
        raise UsageError("--flows: empty name of a file (name a file, or - for stdin)")
    if path != "-":
        return
    if "-" in filenames:
        raise UsageError("--flows -: stdin can be read only once (name a file for the flows or for the manifests)")
    check_stdin("--flows")
