"""Local etcd on 127.0.0.1, for evaluation and tests; used by `calicoctl etcd start|stop|status`.

The *home* directory of a server contains::

    3.5/          data, one directory for each minor version of etcd (3.4 cannot open data of 3.5)
    etcd.log      log of the last start
    server.json   process, port and version of the running server; `stop` removes it
    lock          lock file of `start` and `stop`
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
