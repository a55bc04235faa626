"""version: print the versions of calicoctl, etcd, and Calico in the datastore."""

import click

from calicoctl import __version__
from calicoctl.console import connect, options, results
from calicoctl.printable import join_lines
from calicoctl.printers import formats


@click.command()
@options.output_option(formats.RECORD)
@options.connection_options
def command(connection: options.ConnectionOptions, output: formats.SelectedFormat) -> None:
    """Print the versions of calicoctl, etcd, and Calico in the datastore.

    \b
    Example:
      calicoctl version
    """
    from calicoctl.operations.write.cluster import read_cluster_version

    if output.name == "text":  # printed even if the datastore is unreachable
        results.print_text(f"Client Version:    {__version__}\n")
    with connect.open_datastore(connection, announce=False) as datastore:
        status = datastore.status()
        cluster = read_cluster_version(datastore)
    record = {
        "clientVersion": __version__,
        "etcdVersion": status.version,
        "clusterVersion": cluster.version or None,
        "clusterType": cluster.type or None,
        "datastore": status.endpoint,
    }
    lines = (
        f"Etcd Version:      {status.version}",
        f"Cluster Version:   {cluster.version or 'unknown'}",
        f"Cluster Type:      {cluster.type or 'unknown'}",
        f"Datastore:         {status.endpoint}",
    )
    results.print_record(record, join_lines(lines), output)
