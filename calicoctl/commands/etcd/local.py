"""etcd start, stop and status: start and stop a local etcd, and print its status.

`calicoctl.local_etcd` is imported on use, for the start-up time of help.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from calicoctl.console import options, results
from calicoctl.console.messages import current_messages
from calicoctl.errors import NotFound
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.local_etcd.record import Server

_data_dir_option = click.option(
    "--data-dir",
    "home",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Directory of data, log and state.  [default: calicoctl/etcd in $XDG_DATA_HOME or ~/.local/share]",
)


@click.command()
@_data_dir_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Port for clients; 0 selects a free port.  [default: 2379]",
)
@options.output_option(formats.RECORD)
def start(home: Path | None, port: int | None, output: formats.SelectedFormat) -> None:
    """Start the local etcd and wait until it answers.

    If it is running, its endpoint is printed. The exit code is 5 if the port is in use.

    \b
    Example:
      calicoctl etcd start
      export ETCD_ENDPOINTS=http://127.0.0.1:2379
      calicoctl get policies
    """
    from calicoctl import local_etcd

    folder = (home or local_etcd.default_home()).absolute()
    server, started, stale_data_dirs = local_etcd.start(folder, port)
    if warning := local_etcd.version_warning(server.version):
        current_messages().warn([warning])
    current_messages().warn(
        f"etcd {server.version} does not read the data of etcd {old.name} in {old}" for old in stale_data_dirs
    )
    text = (
        f"etcd {server.version} {'started' if started else 'already running'} at {server.endpoint}\n"
        f"data: {server.data_dir}\nlog: {local_etcd.log_file(folder)}\n"
        f"use it:\n  export ETCD_ENDPOINTS={server.endpoint}\n"
        f"stop it:\n  calicoctl etcd stop{_same_data_dir_args(home)}\n"
    )
    results.print_record({**_server_record(folder, server), "started": started}, text, output)


@click.command()
@_data_dir_option
@options.output_option(formats.RECORD)
def stop(home: Path | None, output: formats.SelectedFormat) -> None:
    """Stop the local etcd. Its data is kept.

    If it is not running, the exit code is 0.

    \b
    Example:
      calicoctl etcd stop
    """
    from calicoctl import local_etcd

    folder = (home or local_etcd.default_home()).absolute()
    server = local_etcd.stop(folder)
    text = (
        f"etcd at {server.endpoint} stopped (data: {server.data_dir})\n"
        if server
        else f"no etcd is running (data: {folder})\n"
    )
    results.print_record({"endpoint": server and server.endpoint, "stopped": server is not None}, text, output)


@click.command()
@_data_dir_option
@options.output_option(formats.RECORD)
def status(home: Path | None, output: formats.SelectedFormat) -> None:
    """Print endpoint, version and size of the local etcd.

    The exit code is 0 if it is running, and 6 otherwise.

    \b
    Example:
      calicoctl etcd status
    """
    from calicoctl import local_etcd

    folder = (home or local_etcd.default_home()).absolute()
    server = local_etcd.running_server(folder)
    size = local_etcd.disk_usage(folder if server is None else server.data_dir) / 2**20
    if server is None:
        raise NotFound(
            f"no etcd is running (data: {folder}, {size:.1f} MiB)",
            f"  start it: calicoctl etcd start{_same_data_dir_args(home)}",
        )
    text = (
        f"running: yes\nendpoint: {server.endpoint}\nversion: {server.version}\npid: {server.process.pid}\n"
        f"data: {server.data_dir} ({size:.1f} MiB)\nlog: {local_etcd.log_file(folder)}\n"
    )
    results.print_record({**_server_record(folder, server), "running": True}, text, output)


def _server_record(folder: Path, server: Server) -> dict[str, str | int]:
    from calicoctl import local_etcd

    return {
        "endpoint": server.endpoint,
        "version": server.version,
        "pid": server.process.pid,
        "data": str(server.data_dir),
        "log": str(local_etcd.log_file(folder)),
    }


def _same_data_dir_args(home: Path | None) -> str:
    """Return the option that selects the same etcd in another command."""
    return "" if home is None else f" --data-dir {shlex.quote(str(home.absolute()))}"
