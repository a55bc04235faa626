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
    from calicoctl.commands.naming import exactly, parse_names
    from calicoctl.errors import UsageProblem
    from calicoctl.operations.deleting import deleting
    from calicoctl.operations.references import ranges_of_references

    if names and filenames:
        raise UsageProblem("name what to delete either here or in manifests with -f, not both")
    if not names and not filenames:
        raise UsageProblem("name what to delete: KIND NAME, KIND/NAME, or manifests with -f")
    if names:
        located = exactly(parse_names(names, options.given(**filters)), "delete")
    else:
        options.refuse(options.given(**filters), "-f")
        located = session.take_in(filenames, recursive=recursive, identity_only=True)
    step = deleting(skip_not_exists=skip_not_exists, raw=bool(names), cascade=cascade)
    besides = ranges_of_references([item.identifier for item in located])
    session.write(located, step, target, besides)
