"""validate: validate manifests without a datastore."""

import click

from calicoctl.console import inputs, options, results
from calicoctl.printers import formats


@click.command()
@options.file_arguments
@options.output_option(formats.FINDINGS)
@options.general_options("--log-level")
def command(filenames: tuple[str, ...], recursive: bool, output: formats.SelectedFormat) -> None:
    """Validate manifests as apply does, without a datastore, and print all problems.

    Findings are printed on stdout. The exit code is 3 if there is an error, and 0 otherwise, for all formats.

    \b
    Example:
      calicoctl validate policies/ -R
      calicoctl validate -f policies/ -o sarif > calicoctl.sarif
    """
    from calicoctl.console.progress_bar import DelayedProgressBar
    from calicoctl.errors import InvalidManifest
    from calicoctl.operations.validate import validate_manifests

    inputs.check_filenames(filenames, recursive=recursive)
    with DelayedProgressBar() as bar:
        result = validate_manifests(filenames, recursive=recursive, progress=bar)
    code = InvalidManifest.exit_code if result.failed else 0
    results.finish(output.load()(result), code, output)
