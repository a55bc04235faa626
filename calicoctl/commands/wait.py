"""wait: wait until resources exist or are deleted."""

import click

from calicoctl.console import connect, inputs, options, results
from calicoctl.printers import formats


@click.command(short_help="Wait until resources exist or are deleted.")
@options.names_argument("[KIND,... NAME... | KIND/NAME...]")
@options.manifest_options
@click.option(
    "--for",
    "state",
    type=click.Choice(["present", "absent"]),
    required=True,
    help="State to wait for; all resources must have it at the same time.",
)
@options.filter_options
@options.output_option(formats.REPORT)
@options.wait_options
def command(
    names: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    state: str,
    connection: options.ConnectionOptions,
    deadline: float,
    output: formats.SelectedFormat,
    **filters: str | None,
) -> None:
    """Wait until resources, selected by name or by manifest, exist or are deleted.

    After --timeout, the exit code is 7, and resources in another state are listed.

    \b
    Example:
      calicoctl wait policy/database policy/frontend --for=present --timeout=30s
      calicoctl wait profile database --for=absent --timeout=2m
    """
    from calicoctl.console.watch import report_connection
    from calicoctl.operations.wait import WaitCondition, wait
    from calicoctl.operations.write.outcome import Action

    resources = inputs.named_or_manifest_resources(
        "wait for", names, filenames, options.given_filters(**filters), recursive=recursive
    )
    with connect.open_datastore(connection, announce=False) as datastore:
        report = wait(
            datastore, WaitCondition(resources, Action(state), raw_names=bool(names)), deadline, report_connection
        )
    results.print_report(report, output)
