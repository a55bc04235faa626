"""doctor: check the connection and the datastore."""

import click

from calicoctl.console import connect, options, results
from calicoctl.console.colors import style
from calicoctl.printers import formats


@click.command()
@options.output_option(formats.DOCTOR)
@options.connection_options
def command(connection: options.ConnectionOptions, output: formats.SelectedFormat) -> None:
    """Check the settings, the connection, the permissions and the datastore, and print the remedy for each problem.

    Nothing is written. Each line has the status ok, warning, failed or skipped. The exit code is 0 if no check failed,
    otherwise that of the first failed check. --timeout limits the time of all checks together.

    \b
    Example:
      calicoctl doctor
      calicoctl doctor -c clusters.yaml --context production -o json
    """
    from calicoctl.config.settings import DEFAULT_TIMEOUT_SECONDS
    from calicoctl.operations.doctor import exit_code, run_checks

    timeout = DEFAULT_TIMEOUT_SECONDS if connection.timeout is None else connection.timeout
    checks = list(run_checks(lambda: connect.load_source(connection), timeout))
    results.finish(output.load()(checks, formats.TextOptions(style)), exit_code(checks), output)
