"""delete: delete resources."""

from functools import partial

import click

from calicoctl.console import inputs, options, writes


@click.command(short_help="Delete resources by name or by manifest.")
@options.names_argument("[KIND,... NAME... | KIND/NAME...]")
@options.manifest_options
@click.option("-s", "--skip-not-exists", is_flag=True, help="Skip resources that do not exist.")
@click.option("--cascade", is_flag=True, help="Also delete endpoints, peers and address blocks of a node.")
@options.filter_options
@options.write_options
def command(
    names: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    skip_not_exists: bool,
    cascade: bool,
    write: options.WriteContext,
    **filters: str | None,
) -> None:
    """Delete resources by name or by manifest. If one of them does not exist, nothing is deleted.

    A node with endpoints, peers or address blocks is deleted only with --cascade.

    \b
    Example:
      calicoctl delete policy database frontend
      calicoctl delete hostEndpoint eth0 --node host1
      calicoctl delete -f policy.yaml
    """
    from calicoctl.operations.delete import plan_delete
    from calicoctl.operations.write.references import reference_ranges

    values = options.given_filters(**filters)
    resources = inputs.named_or_manifest_resources("delete", names, filenames, values, recursive=recursive)
    planner = partial(plan_delete, skip_not_exists=skip_not_exists, raw_names=bool(names), cascade=cascade)
    extra_ranges = reference_ranges([item.identifier for item in resources])
    writes.write_resources(resources, planner, write, extra_ranges)
