"""replace: change existing resources."""

from functools import partial

import click

from calicoctl.console import inputs, options, writes


@click.command()
@options.file_arguments
@options.force_option
@options.write_options
def command(filenames: tuple[str, ...], recursive: bool, force: bool, write: options.WriteContext) -> None:
    """Change resources. If one of them does not exist, nothing is written.

    \b
    Example:
      calicoctl replace policy.yaml
    """
    from calicoctl.operations.replace import plan_replace

    resources = inputs.read_resources(filenames, recursive=recursive, positions="lazy", defer_problems=True)
    writes.write_resources(resources, partial(plan_replace, force=force), write)
