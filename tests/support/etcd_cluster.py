"""A cluster of etcd servers for tests, whose members can fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.support.etcd_server import Etcd, free_ports, running_etcd


class EtcdCluster:
    """Three members, of which any can be killed, restarted and paused."""

    def __init__(self, folder: Path, *flags: str) -> None:
        """Start the members, with additional flags of etcd."""
        self._folder = folder
        self._flags = flags
        self._peers = {f"m{number}": f"http://127.0.0.1:{port}" for number, port in enumerate(free_ports(3))}
        self._running: dict[str, ExitStack] = {}
        self.members: dict[str, Etcd] = {}
        with ThreadPoolExecutor() as pool:  # a member is healthy when it has a leader
            list(pool.map(self.start, self._peers))

    @property
    def endpoints(self) -> str:
        """Return the URLs of all members, separated by commas."""
        return ",".join(self.members[name].endpoint for name in self._peers)

    def start(self, name: str) -> None:
        """Start a member, again with its data and its endpoint."""
        self._start(name, self._peers, "new")

    def add_learner(self, name: str) -> Etcd:
        """Add a member without a vote, and return it."""
        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        self.members[self.leader].etcdctl("member", "add", name, "--learner", f"--peer-urls={url}")
        return self._start(name, {**self._peers, name: url}, "existing")

    def _start(self, name: str, peers: Mapping[str, str], state: str) -> Etcd:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        cluster = "--initial-cluster=" + ",".join(f"{member}={url}" for member, url in peers.items())
        urls = [f"--listen-peer-urls={peers[name]}", f"--initial-advertise-peer-urls={peers[name]}"]
        if known := self.members.get(name):
            urls += (f"--listen-client-urls={known.endpoint}", f"--advertise-client-urls={known.endpoint}")
        election = ("--heartbeat-interval=50", "--election-timeout=500", "--strict-reconfig-check=false")
        flags = (f"--name={name}", cluster, f"--initial-cluster-state={state}", *urls, *election, *self._flags)
        self._running[name] = ExitStack()
        self.members[name] = self._running[name].enter_context(running_etcd(folder, *flags))
        return self.members[name]

    @property
    def leader(self) -> str:
        """Return the name of the leader."""
        for name in self._running:
            member = self.members[name]
            (status,) = json.loads(member.etcdctl("-w=json", "endpoint", "status"))
            if status["Status"]["leader"] == status["Status"]["header"]["member_id"]:
                return name
        raise LookupError("no leader")

    def pid(self, name: str) -> int:
        """Return the process of a member."""
        return int((self._folder / name / "etcd.pid").read_text())

    def kill(self, name: str) -> None:
        """Kill a member."""
        self._running.pop(name).close()

    def close(self) -> None:
        """Kill all members."""
        for name in list(self._running):
            self.kill(name)
