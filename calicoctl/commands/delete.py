"""delete: delete what has to be there."""

import click

from calicoctl.commands import options, session


@click.command(short_help="Delete resources, named here or in manifests.")
@options.names("[KIND NAME... | KIND/NAME...]")
@options.manifests
@click.option("-s", "--skip-not-exists", is_flag=True, help="Pass over resources that do not exist.")
@click.option("--cascade", is_flag=True, help="Delete what still names a node along with it.")
@options.filters
@options.writing
def command(
    names: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    skip_not_exists: bool,
    cascade: bool,
    target: options.Target,
    **filters: str | None,
) -> None:
    """Delete resources, named here or in manifests; when one does not exist, nothing is deleted.

    A node that endpoints, peers or address blocks still name is deleted only with --cascade.

    \b
    Example:
      calicoctl delete policy database frontend
      calicoctl delete hostEndpoint eth0 --node host1
      calicoctl delete -f policy.yaml
    """
    from calicoctl.operations.deleting import deleting
    from calicoctl.operations.references import ranges_of_references

    given = options.given(**filters)
    located = session.take_in_exactly("delete", names, filenames, given, recursive=recursive)
    step = deleting(skip_not_exists=skip_not_exists, raw=bool(names), cascade=cascade)
    besides = ranges_of_references([item.identifier for item in located])
    session.write(located, step, target, besides)
