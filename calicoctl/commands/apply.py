"""apply: create what is not there, change what is."""

import click

from calicoctl.commands import options, session


@click.command()
@options.manifests
@options.force
@options.writing
def command(filenames: tuple[str, ...], recursive: bool, force: bool, target: options.Target) -> None:
    """Create resources, or change those that exist.

    All of them are checked first; when one is wrong, nothing is written.

    \b
    Example:
      cat policy.yaml | calicoctl apply -f -
    """
    from calicoctl.operations.putting import applying

    located = session.take_in(filenames, recursive=recursive)
    session.write(located, applying(force=force), target)
