"""The command `etcd`: start, stop and look at a private etcd on this machine.

`calicoctl.local_etcd` is imported where it is used: the help of calicoctl should not wait for it.
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
    help="Where data, log and state are kept.  [default: calicoctl/etcd in $XDG_DATA_HOME or ~/.local/share]",
)


@click.group("etcd", short_help="Start, stop and look at a private etcd on this machine.")
def command() -> None:
    """Start, stop and look at a private etcd on this machine.

    For trying calicoctl out, and for tests: one member, at 127.0.0.1, without TLS or passwords, so that other
    users of this machine can reach it. Its data is kept between runs. No other command ever starts it.

    An etcd on PATH is preferred. Otherwise the one of `pip install 'calicoctl[etcd]'` is used; that is 3.5.1,
    for trying out and tests only, since etcd 3.5.0 to 3.5.2 can lose consistency in a crash.
    """


@command.command()
@_data_dir_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="The port for clients; 0 takes any free one.  [default: 2379]",
)
@options.output_option(formats.RECORD)
def start(home: Path | None, port: int | None, output: formats.SelectedFormat) -> None:
    """Start it, and wait until it answers.

    When it runs already this only says so. A port that is in use is refused (exit code 5).

    \b
    Example:
      calicoctl etcd start
      export ETCD_ENDPOINTS=http://127.0.0.1:2379
      calicoctl get policies
    """  # click wants the control character
    from calicoctl import local_etcd

    folder = (home or local_etcd.default_home()).absolute()
    server, started, stale_data_dirs = local_etcd.start(folder, port)
    if warning := local_etcd.version_warning(server.version):
        current_messages().warn([warning])
    current_messages().warn(
        f"etcd {server.version} does not read the data of etcd {old.name} in {old}" for old in stale_data_dirs
    )
    text = (
        f"etcd {server.version} {'runs' if started else 'was running already'} at {server.endpoint}\n"
        f"data: {server.data_dir}\nlog: {local_etcd.log_file(folder)}\n"
        f"use it:\n  export ETCD_ENDPOINTS={server.endpoint}\n"
        f"stop it:\n  calicoctl etcd stop{_same_data_dir_args(home)}\n"
    )
    results.print_record({**_server_record(folder, server), "started": started}, text, output)


@command.command()
@_data_dir_option
@options.output_option(formats.RECORD)
def stop(home: Path | None, output: formats.SelectedFormat) -> None:
    """Stop it; its data stays.

    When none runs this only says so.

    \b
    Example:
      calicoctl etcd stop
    """  # click wants the control character
    from calicoctl import local_etcd

    folder = (home or local_etcd.default_home()).absolute()
    server = local_etcd.stop(folder)
    text = (
        f"etcd at {server.endpoint} stopped; its data stays in {server.data_dir}\n"
        if server
        else f"no etcd was running (data: {folder})\n"
    )
    results.print_record({"endpoint": server and server.endpoint, "stopped": server is not None}, text, output)


@command.command()
@_data_dir_option
@options.output_option(formats.RECORD)
def status(home: Path | None, output: formats.SelectedFormat) -> None:
    """Show whether it runs, where, and how much data it has.

    The exit code is 0 when it runs and 6 when it does not.

    \b
    Example:
      calicoctl etcd status
    """  # click wants the control character
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
    """The option that another command needs to mean the same etcd."""
    return "" if home is None else f" --data-dir {shlex.quote(str(home.absolute()))}"
