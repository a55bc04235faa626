"""version: the versions of this program, of etcd, and of Calico in the datastore."""

import click

from calicoctl import __version__
from calicoctl.commands import options, session


@click.command(short_help="Print the versions of the client, of etcd, and of Calico.")
@options.connection
def command(target: options.Target) -> None:
    """Print the versions of the client, of etcd, and of Calico in the datastore.

    \b
    Example:
      calicoctl version
    """
    from calicoctl.operations.cluster import cluster_version

    click.echo(f"Client Version:    {__version__}")
    with session.open_datastore(target, announce=False) as datastore:
        status = datastore.status()
        cluster = cluster_version(datastore)
    click.echo(f"Etcd Version:      {status.version}")
    click.echo(f"Cluster Version:   {cluster.version or 'unknown'}")
    click.echo(f"Cluster Type:      {cluster.type or 'unknown'}")
    click.echo(f"Datastore:         {status.endpoint}")
