"""patch: change fields of resources."""

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
        raise click.BadParameter(f"unknown patch type {value!r} (write {_PATCH_TYPE}: RFC 7386)")
    return value


@click.command()
@options.names_argument("KIND,... NAME... | KIND/NAME...")
@click.option("-p", "--patch", metavar="TEXT", help="Patch in YAML or JSON; @FILE for a file, - for stdin.")
@click.option("--patch-file", metavar="FILE", help="File with the patch, or - for stdin.")
@click.option(
    "--type",
    "patch_type",
    default=_PATCH_TYPE,
    metavar="TYPE",
    callback=_check_type,
    expose_value=False,
    help="Type of the patch: merge (RFC 7386).  [default: merge]",
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
    """Change the fields of resources that are in the patch. null removes a field; a list is replaced as a whole.

    The patch applies to the output of `get -o yaml`. The result is validated like a manifest.

    \b
    Example:
      calicoctl patch policy database -p '{spec: {order: 10}}'
      calicoctl patch profile/web --patch-file change.yaml
    """
    from calicoctl.console.names import parse_names, require_full_names
    from calicoctl.errors import UsageError
    from calicoctl.operations.patch import plan_patch

    if not names:
        raise UsageError("missing resources to patch (write KIND NAME, or KIND/NAME)")
    resources = require_full_names(parse_names(names, options.given_filters(**filters)), "patch")
    writes.write_resources(resources, partial(plan_patch, patch=_load_patch(patch, patch_file), force=force), write)


def _load_patch(patch: str | None, patch_file: str | None) -> Patch:
    """Read the patch from `-p` or `--patch-file`."""
    from calicoctl.errors import UsageError
    from calicoctl.manifest import Source
    from calicoctl.operations.patch import parse_patch, read_patch

    if patch is not None and patch_file is not None:
        raise UsageError("-p and --patch-file cannot be combined")
    if patch == "-" or (patch or "").startswith("@"):
        patch, patch_file = None, (patch or "").removeprefix("@")
    if patch is not None:
        return parse_patch(Source("-p", patch))
    if not patch_file:
        raise UsageError("missing patch (write -p PATCH or --patch-file FILE)")
    if patch_file == "-" and not sys.stdin:
        raise UsageError("cannot read the patch: stdin is closed")
    return read_patch(patch_file)
