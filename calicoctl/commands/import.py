"""import: write the manifests of an export."""  # noqa: N999 - named as the command

from __future__ import annotations

import click

from calicoctl.console import inputs, options, writes
from calicoctl.console.messages import current_messages


@click.command()
@options.file_arguments
@options.force_option
@options.set_options
@options.write_options
def command(
    filenames: tuple[str, ...],
    recursive: bool,
    force: bool,
    set_options: options.SetOptions,
    write: options.WriteContext,
) -> None:
    """Create or change the resources and objects of an export.

    v1 manifests are written as by apply. Documents of kind storedObject replace the stored object. The
    ClusterInformation of a datastore that has one is kept. All documents are validated first. If one is invalid,
    nothing is written. --set adds all objects to a set, except those of kinds without v1 form. Members of other sets
    stay in their sets: --force moves them.

    \b
    Example:
      calicoctl import -f backup/
      calicoctl export | calicoctl import -f - --config other-cluster.yaml
    """
    from calicoctl.operations.import_store import ImportOptions, import_planner
    from calicoctl.operations.load.stored_objects import load_import

    writes.refuse_client_dry_run(write, "objects of an export are compared with the datastore")
    inputs.check_filenames(filenames, recursive=recursive)
    manifests = load_import(filenames, recursive=recursive)
    current_messages().warn(manifests.warnings)
    set_options = inputs.protect_skipped(set_options, filenames, recursive=recursive)
    import_options = ImportOptions(force, set_options.name, writes.prune_options(set_options))
    planner, extra_ranges = import_planner(manifests.objects, import_options)
    writes.write_resources(manifests.resources, planner, write, extra_ranges)
