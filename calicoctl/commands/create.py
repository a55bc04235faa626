"""create: create resources that do not exist."""

from functools import partial

import click

from calicoctl.console import inputs, options, writes


@click.command()
@options.file_arguments
@click.option("--skip-exists", is_flag=True, help="Skip resources that exist.")
@options.write_options
def command(filenames: tuple[str, ...], recursive: bool, skip_exists: bool, write: options.WriteContext) -> None:
    """Create resources. If one of them exists, nothing is written.

    \b
    Example:
      calicoctl create policies/ --skip-exists
    """
    from calicoctl.operations.create import plan_create

    resources = inputs.read_resources(filenames, recursive=recursive, generate_names=True, positions="lazy")
    writes.write_resources(resources, partial(plan_create, skip_exists=skip_exists), write)
