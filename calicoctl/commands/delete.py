"""delete: delete what has to be there."""

import click

from calicoctl.commands import options, session


@click.command()
@click.argument("names", nargs=-1, metavar="[KIND NAME... | KIND/NAME...]")
@options.manifests
@click.option("-s", "--skip-not-exists", is_flag=True, help="Pass over resources that do not exist.")
@options.connection
def command(
    names: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    skip_not_exists: bool,
    config: str | None,
    timeout: float | None,
) -> None:
    """Delete resources, named here or in manifests; when one does not exist, nothing is deleted.

    \b
    Example:
      calicoctl delete policy database frontend
      calicoctl delete -f policy.yaml
    """
    from calicoctl.commands.naming import parse_names
    from calicoctl.errors import UsageProblem
    from calicoctl.operations.writing import deleting

    if bool(names) == bool(filenames):
        raise UsageProblem("name what to delete: KIND NAME, KIND/NAME, or manifests with -f")
    if names:
        located = parse_names(names).located
        if not located:
            raise UsageProblem(f"name the {names[0]} to delete: calicoctl delete {names[0]} NAME")
    else:
        located = session.take_in(filenames, recursive=recursive, identity_only=True)
    step = deleting(skip_not_exists=skip_not_exists, raw=bool(names))
    session.write(located, step, config, timeout, raw=bool(names))
