"""replace: change what has to be there."""

import click

from calicoctl.commands import options, session


@click.command(short_help="Change resources; all of them have to exist.")
@options.manifest_options
@options.force_option
@options.write_options
def command(filenames: tuple[str, ...], recursive: bool, force: bool, target: options.ConnectionOptions) -> None:
    """Change resources; when one does not exist, nothing is written.

    \b
    Example:
      calicoctl replace -f policy.yaml
    """
    from calicoctl.operations.putting import replace_step

    resources = session.read_resources(filenames, recursive=recursive, positions="lazy")
    session.write_resources(resources, replace_step(force=force), target)
