"""replace: change existing resources."""

import click

from calicoctl.console import inputs, options, writes


@click.command(short_help="Change resources; fails if one does not exist.")
@options.manifest_options
@options.force_option
@options.write_options
def command(filenames: tuple[str, ...], recursive: bool, force: bool, write: options.WriteContext) -> None:
    """Change resources. If one of them does not exist, nothing is written.

    \b
    Example:
      calicoctl replace -f policy.yaml
    """
    from calicoctl.operations.replace import replace_step

    resources = inputs.read_resources(filenames, recursive=recursive, positions="lazy")
    writes.write_resources(resources, replace_step(force=force), write)
