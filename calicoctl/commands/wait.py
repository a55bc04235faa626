"""wait: wait until resources exist, are deleted, or have a value in a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, inputs, options, results
from calicoctl.console.wait_condition import WaitConditionType
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.operations.wait import FieldCondition
    from calicoctl.operations.write.outcome import Action


@click.command()
@options.names_argument("[KIND,... NAME... | KIND/NAME...]")
@options.manifest_options
@click.option(
    "--for",
    "state",
    type=WaitConditionType(),
    required=True,
    metavar="CONDITION",
    help="present or create; absent or delete; or jsonpath=PATH[=VALUE]. All resources must meet it at the same time.",
)
@options.filter_options
@options.output_option(formats.REPORT)
@options.wait_options
def command(
    names: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    state: Action | FieldCondition,
    connection: options.ConnectionOptions,
    deadline: float,
    output: formats.SelectedFormat,
    **filters: str | None,
) -> None:
    """Wait until resources, selected by name or by manifest, exist, are deleted, or have a value in a field.

    --for=jsonpath=PATH waits until a field has any value, --for=jsonpath=PATH=VALUE until it has this only value. After
    --timeout, the exit code is 7, and resources in another state are listed.

    \b
    Example:
      calicoctl wait policy/database policy/frontend --for=present --timeout=30s
      calicoctl wait profile database --for=delete --timeout=2m
      calicoctl wait policy/database --for=jsonpath='{.spec.order}'=10
    """
    from calicoctl.console.watch import report_connection
    from calicoctl.operations.wait import WaitCondition, wait

    resources = inputs.named_or_manifest_resources(
        "wait for", names, filenames, options.given_filters(**filters), recursive=recursive
    )
    with connect.open_datastore(connection, announce=False) as datastore:
        report = wait(datastore, WaitCondition(resources, state, raw_names=bool(names)), deadline, report_connection)
    results.print_report(report, output)
