"""delete: delete what has to be there."""

from functools import partial

import click

from calicoctl.console import inputs, options, writes


@click.command(short_help="Delete resources, named here or in manifests.")
@options.names_argument("[KIND NAME... | KIND/NAME...]")
@options.manifest_options
@click.option("-s", "--skip-not-exists", is_flag=True, help="Pass over resources that do not exist.")
@click.option("--cascade", is_flag=True, help="Delete what still names a node along with it.")
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
    """Delete resources, named here or in manifests; when one does not exist, nothing is deleted.

    A node that endpoints, peers or address blocks still name is deleted only with --cascade.

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
