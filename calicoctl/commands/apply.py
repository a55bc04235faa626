"""apply: create what is not there, change what is."""

import click

from calicoctl.commands import options, session


@click.command()
@options.manifests
@options.force
@options.sets
@options.writing
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    force: bool,
    members: options.Members,
    target: options.Target,
) -> None:
    """Create resources, or change those that exist.

    All of them are checked first; when one is wrong, nothing is written. With --prune what the set NAME has had from
    earlier manifests, and this one does not have any more, is deleted in the same transaction.

    \b
    Example:
      cat policy.yaml | calicoctl apply -f -
      calicoctl apply -f policies/ --set web --prune
    """
    located = session.take_in(filenames, recursive=recursive)
    step, besides = session.applying(located, members, force=force)
    session.write(located, step, target, besides)
