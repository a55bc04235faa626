"""version: the versions of this program, of etcd, and of Calico in the datastore."""

import click

from calicoctl import __version__
from calicoctl.commands import options, session


@click.command(short_help="Print the versions of the client, of etcd, and of Calico.")
@options.output
@options.connection
def command(target: options.Target, report_form: str) -> None:
    """Print the versions of the client, of etcd, and of Calico in the datastore.

    \b
    Example:
      calicoctl version
    """
    from calicoctl.operations.cluster import cluster_version

    if report_form == "text":
        click.echo(f"Client Version:    {__version__}")  # before the datastore answers, or does not
    with session.open_datastore(target, announce=False) as datastore:
        status = datastore.status()
        cluster = cluster_version(datastore)
    if report_form == "json":
        session.say_json(
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
