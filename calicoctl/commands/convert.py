"""convert: manifests of Calico v1 into those of v3, and the other way round."""

import click

from calicoctl.console import inputs, options
from calicoctl.console.messages import current_messages
from calicoctl.printers import formats


@click.command(short_help="Turn v1 manifests into v3, or v3 into v1.")
@options.manifest_options
@click.option("--to", type=click.Choice(["v1", "v3"]), required=True, help="Which version to print.")
@options.output_option(formats.V1_MANIFESTS)
@click.option("--force", is_flag=True, help="Leave out what v1 can't say, with a warning for each.")
@options.general_options("--log-level")
def command(filenames: tuple[str, ...], recursive: bool, to: str, output: formats.SelectedFormat, force: bool) -> None:
    """Print manifests in the other version of Calico's API. No datastore is needed.

    v3 is what Calico's own calicoctl 3.x takes. What v3 has no place for, such as tags, is kept in an annotation,
    so converting back gives the same v1. What only v3 can say is listed, and nothing is printed, unless --force is
    given. A manifest that has the wanted version already is printed too. What only a datastore knows, such as
    uid, creationTimestamp and resourceVersion, is left out where a manifest is converted.

    \b
    Example:
      calicoctl convert -f policy.yaml --to v3
      calicoctl convert -f v3-policies/ --to v1 > v1.yaml
    """
    from calicoctl.errors import UsageError
    from calicoctl.operations import convert

    inputs.check_filenames(filenames)
    if to == "v1":
        resources, warnings = convert.convert_to_v1(filenames, recursive=recursive, force=force)
        text = output.load()(resources)
    elif force:
        raise UsageError("--force does not go with --to v3: nothing is left out")
    else:
        converted, warnings = convert.convert_to_v3(filenames, recursive=recursive)
        text = formats.V3_MANIFESTS.select(output.name).load()(converted)
    current_messages().warn(warnings)
    click.echo(text, nl=False)
