"""Runs a private etcd of this user on 127.0.0.1, for trying out and for tests.

Only `calicoctl etcd start|stop|status` uses it; no other command ever starts a server. One *home* folder
holds everything of one server::

    3.5/          the data, one folder for each etcd minor version (3.4 can't open what 3.5 wrote)
    etcd.log      what the server of the last start said
    server.json   which process runs, and where; removed by `stop`
    lock          held while `start` or `stop` works
"""

from __future__ import annotations

from calicoctl.local_etcd.program import version_warning
from calicoctl.local_etcd.record import Server, default_home, disk_usage, log_file, running_server
from calicoctl.local_etcd.server import StartResult, start, stop

__all__ = [
    "Server",
    "StartResult",
    "default_home",
    "disk_usage",
    "log_file",
    "running_server",
    "start",
    "stop",
    "version_warning",
]
