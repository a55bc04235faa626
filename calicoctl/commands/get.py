"""get: print resources."""

from __future__ import annotations

import click

from calicoctl.commands import options, session


@click.command()
@click.argument("names", nargs=-1, metavar="[KIND [NAME...] | KIND/NAME...]")
@options.manifests
@click.option(
    "-o",
    "--output",
    default="ps",
    metavar="FORM",
    help="ps, wide, yaml, json, name, or custom-columns=HEADING,...  [default: ps]",
)
@click.option("--ignore-not-found", is_flag=True, help="Pass over names that are not there.")
@options.connection
def command(
    names: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    output: str,
    ignore_not_found: bool,
    config: str | None,
    timeout: float | None,
) -> None:
    """Print resources: all of a kind, those named here, or those that manifests name.

    \b
    Example:
      calicoctl get profile -o yaml
      calicoctl get policy/database -o wide
    """
    from calicoctl.commands.naming import Named, parse_names
    from calicoctl.errors import UsageProblem
    from calicoctl.kinds import kind_named
    from calicoctl.operations.reading import get_all, get_named
    from calicoctl.printers import printer_named

    if bool(names) == bool(filenames):
        raise UsageProblem("name what to get: KIND, KIND NAME, KIND/NAME, or manifests with -f")
    if names:
        named = parse_names(names)
    else:
        located = session.take_in(filenames, recursive=recursive, identity_only=True)
        kinds = dict.fromkeys(kind_named(item.identifier.kind) for item in located)
        named = Named(tuple(kind for kind in kinds if kind), located)
    printer = printer_named(output, named.kinds)
    with session.open_datastore(config, timeout, announce=False) as datastore:
        if named.located:
            listing = get_named(datastore, named.located, raw=bool(names), ignore_not_found=ignore_not_found)
        else:
            listing = get_all(datastore, named.kinds)
    session.warn(listing.warnings)
    click.echo(printer(listing.resources, named.kinds), nl=False)
