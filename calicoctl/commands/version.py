"""version: the versions of this program, of etcd, and of Calico in the datastore."""

import click

from calicoctl import __version__
from calicoctl.console import connect, options, results


@click.command(short_help="Print the versions of the client, of etcd, and of Calico.")
@options.output_option
@options.connection_options
def command(target: options.ConnectionOptions, output_format: str) -> None:
    """Print the versions of the client, of etcd, and of Calico in the datastore.

    \b
    Example:
      calicoctl version
    """
    from calicoctl.operations.write.cluster import read_cluster_version

    if output_format == "text":
        click.echo(f"Client Version:    {__version__}")  # before the datastore answers, or does not
    with connect.open_datastore(target, announce=False) as datastore:
        status = datastore.status()
        cluster = read_cluster_version(datastore)
    if output_format == "json":
        results.print_json(
            {
                "clientVersion": __version__,
                "etcdVersion": status.version,
                "clusterVersion": cluster.version or None,
                "clusterType": cluster.type or None,
                "datastore": status.endpoint,
            }
        )
        return
    click.echo(f"Etcd Version:      {status.version}")
    click.echo(f"Cluster Version:   {cluster.version or 'unknown'}")
    click.echo(f"Cluster Type:      {cluster.type or 'unknown'}")
    click.echo(f"Datastore:         {status.endpoint}")
