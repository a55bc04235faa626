"""replace: change what has to be there."""

import click

from calicoctl.commands import options, session


@click.command(short_help="Change resources; all of them have to exist.")
@options.manifests
@options.force
@options.writing
def command(filenames: tuple[str, ...], recursive: bool, force: bool, target: options.Target) -> None:
    """Change resources; when one does not exist, nothing is written.

    \b
    Example:
      calicoctl replace -f policy.yaml
    """
    from calicoctl.operations.putting import replacing

    located = session.take_in(filenames, recursive=recursive, with_places="later")
    session.write(located, replacing(force=force), target)
