"""create: create what must not be there yet."""

import click

from calicoctl.commands import options, session


@click.command(short_help="Create resources; none of them may exist yet.")
@options.manifests
@click.option("--skip-exists", is_flag=True, help="Leave resources that exist as they are.")
@options.writing
def command(filenames: tuple[str, ...], recursive: bool, skip_exists: bool, target: options.Target) -> None:
    """Create resources; when one exists already, nothing is written.

    \b
    Example:
      calicoctl create -f policies/ --skip-exists
    """
    from calicoctl.operations.putting import creating

    located = session.take_in(filenames, recursive=recursive, make_names=True, with_places="later")
    session.write(located, creating(skip_exists=skip_exists), target)
