"""patch: change some fields of resources."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from calicoctl.console import options, writes

if TYPE_CHECKING:
    from calicoctl.operations.patch import Patch

_PATCH_TYPE = "merge"


def _check_type(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if value != _PATCH_TYPE:
        raise click.BadParameter(
            f"{value!r}: there is only {_PATCH_TYPE}, a mapping of the fields to change (RFC 7386)"
        )
    return value


@click.command(short_help="Change some fields of resources.")
@options.names_argument("KIND NAME... | KIND/NAME...")
@click.option("-p", "--patch", metavar="TEXT", help="The patch in YAML or JSON; @FILE for a file, - for stdin.")
@click.option("--patch-file", metavar="FILE", help="A file with the patch, or - for stdin.")
@click.option(
    "--type",
    "patch_type",
    default=_PATCH_TYPE,
    metavar="TYPE",
    callback=_check_type,
    expose_value=False,
    help="The type of the patch: merge, which is RFC 7386.  [default: merge]",
)
@options.force_option
@options.filter_options
@options.write_options
def command(
    names: tuple[str, ...],
    patch: str | None,
    patch_file: str | None,
    force: bool,
    write: options.WriteContext,
    **filters: str | None,
) -> None:
    """Change some fields of resources: those that the patch has. null removes a field, a list is set as a whole.

    The patch is about what `get -o yaml` prints, and what comes out is checked like a manifest.

    \b
    Example:
      calicoctl patch policy database -p '{spec: {order: 10}}'
      calicoctl patch profile/web --patch-file change.yaml
    """
    from calicoctl.console.names import parse_names, require_full_names
    from calicoctl.errors import UsageError
    from calicoctl.operations.patch import plan_patch

    if not names:
        raise UsageError("name what to patch: KIND NAME, or KIND/NAME")
    resources = require_full_names(parse_names(names, options.given_filters(**filters)), "patch")
    writes.write_resources(resources, partial(plan_patch, patch=_load_patch(patch, patch_file), force=force), write)


def _load_patch(patch: str | None, patch_file: str | None) -> Patch:
    """The patch, from where it was given."""
    from calicoctl.errors import UsageError
    from calicoctl.manifest import Source
    from calicoctl.operations.patch import parse_patch, read_patch

    if patch is not None and patch_file is not None:
        raise UsageError("give the patch either with -p or with --patch-file, not both")
    if patch == "-" or (patch or "").startswith("@"):
        patch, patch_file = None, (patch or "").removeprefix("@")
    if patch is not None:
        return parse_patch(Source("-p", patch))
    if not patch_file:
        raise UsageError("the patch is missing: give it with -p, or name a file with --patch-file")
    if patch_file == "-" and not sys.stdin:
        raise UsageError("the patch is to come from stdin, which is closed")
    return read_patch(patch_file)
