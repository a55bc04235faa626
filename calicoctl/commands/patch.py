"""patch: change some fields of resources."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from calicoctl.commands import options, session

if TYPE_CHECKING:
    from calicoctl.operations.patching import Patch

_TYPE = "merge"


def _check_type(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if value != _TYPE:
        raise click.BadParameter(f"{value!r}: there is only {_TYPE}, a mapping of the fields to change (RFC 7386)")
    return value


@click.command(short_help="Change some fields of resources.")
@options.names("KIND NAME... | KIND/NAME...")
@click.option("-p", "--patch", metavar="TEXT", help="The patch in YAML or JSON; @FILE for a file, - for stdin.")
@click.option("--patch-file", metavar="FILE", help="A file with the patch, or - for stdin.")
@click.option(
    "--type",
    "kind_of_patch",
    default=_TYPE,
    metavar="TYPE",
    callback=_check_type,
    expose_value=False,
    help="The type of the patch: merge, which is RFC 7386.  [default: merge]",
)
@options.force
@options.filters
@options.writing
def command(
    names: tuple[str, ...],
    patch: str | None,
    patch_file: str | None,
    force: bool,
    target: options.Target,
    **filters: str | None,
) -> None:
    """Change some fields of resources: those that the patch has. null removes a field, a list is set as a whole.

    The patch is about what `get -o yaml` prints, and what comes out is checked like a manifest.

    \b
    Example:
      calicoctl patch policy database -p '{spec: {order: 10}}'
      calicoctl patch profile/web --patch-file change.yaml
    """
    from calicoctl.commands.naming import exactly, parse_names
    from calicoctl.errors import UsageProblem
    from calicoctl.operations.patching import patching

    if not names:
        raise UsageProblem("name what to patch: KIND NAME, or KIND/NAME")
    located = exactly(parse_names(names, options.given(**filters)), "patch")
    session.write(located, patching(_read(patch, patch_file), force=force), target)


def _read(patch: str | None, patch_file: str | None) -> Patch:
    """The patch, from where it was given."""
    from calicoctl.errors import UsageProblem
    from calicoctl.manifest import Source
    from calicoctl.operations.patching import parse_patch, read_patch

    if patch is not None and patch_file is not None:
        raise UsageProblem("give the patch either with -p or with --patch-file, not both")
    if patch == "-" or (patch or "").startswith("@"):
        patch, patch_file = None, (patch or "").removeprefix("@")
    if patch is not None:
        return parse_patch(Source("-p", patch))
    if not patch_file:
        raise UsageProblem("the patch is missing: give it with -p, or name a file with --patch-file")
    if patch_file == "-" and not sys.stdin:
        raise UsageProblem("the patch is to come from stdin, which is closed")
    return read_patch(patch_file)
