"""convert: convert manifests between Calico v1 and v3."""

import click

from calicoctl.console import inputs, options, results
from calicoctl.console.messages import current_messages
from calicoctl.printers import formats


@click.command()
@options.file_arguments
@click.option("--to", type=click.Choice(["v1", "v3"]), required=True, help="Version of the output.")
@options.output_option(formats.V1_MANIFESTS)
@click.option("--force", is_flag=True, help="Omit fields that v1 cannot represent, with a warning for each.")
@options.general_options("--log-level")
def command(filenames: tuple[str, ...], recursive: bool, to: str, output: formats.SelectedFormat, force: bool) -> None:
    """Print manifests in the other version of the Calico API, without a datastore.

    Calico's calicoctl 3.x reads v3. Fields that v3 cannot represent, such as tags, are saved in an annotation, so that
    converting back restores them. If v1 cannot represent a field, the command fails, unless --force is set. Manifests
    in the requested version are printed, too. Fields of the datastore, such as uid, creationTimestamp and
    resourceVersion, are omitted from converted manifests.

    \b
    Example:
      calicoctl convert -f policy.yaml --to v3
      calicoctl convert -f v3-policies/ --to v1 > v1.yaml
    """
    from calicoctl.errors import UsageError
    from calicoctl.operations import convert

    inputs.check_filenames(filenames, recursive=recursive)
    if to == "v1":
        resources, warnings = convert.convert_to_v1(filenames, recursive=recursive, force=force)
        text = output.load()(resources)
    elif force:
        raise UsageError("--force cannot be combined with --to v3 (no field is omitted)")
    else:
        converted, warnings = convert.convert_to_v3(filenames, recursive=recursive)
        text = formats.V3_MANIFESTS.select(output.name).load()(converted)
    current_messages().warn(warnings)
    results.print_result(text, output)
