"""A cluster of etcd servers for tests, whose members can fail."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.support.etcd_server import Etcd, free_ports, running_etcd
from tests.support.peer_links import PeerLinks

_ELECTION_SECONDS = 20
"""Longest time without a leader."""


class EtcdCluster:
    """Three members, of which any can be killed, restarted, paused, and separated from the others."""

    def __init__(self, folder: Path, programs: Sequence[str] = ("", "", "")) -> None:
        """Start the members.

        Args:
            folder: for their data.
            programs: for each, the directory of its etcd, such as /usr/bin; empty for that of the tests.
        """
        self._folder = folder
        self._listened = {f"m{number}": f"http://127.0.0.1:{port}" for number, port in enumerate(free_ports(3))}
        self._programs = dict(zip(self._listened, programs, strict=True))
        self._links = PeerLinks(self._listened)
        self._peers = self._links.urls
        self._running: dict[str, ExitStack] = {}
        self.members: dict[str, Etcd] = {}
        with ThreadPoolExecutor() as pool:  # a member is healthy when it has a leader
            list(pool.map(self.start, self._peers))
        answer = json.loads(self.members["m0"].etcdctl("-w=json", "member", "list"))
        self._links.names = {f"{member['ID']:x}": member["name"] for member in answer["members"]}

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
        listened = self._listened.get(name, peers[name])
        urls = [f"--listen-peer-urls={listened}", f"--initial-advertise-peer-urls={peers[name]}"]
        if known := self.members.get(name):
            urls += (f"--listen-client-urls={known.endpoint}", f"--advertise-client-urls={known.endpoint}")
        election = ("--heartbeat-interval=50", "--election-timeout=500", "--strict-reconfig-check=false")
        flags = (f"--name={name}", cluster, f"--initial-cluster-state={state}", *urls, *election)
        self._running[name] = ExitStack()
        self.members[name] = self._running[name].enter_context(
            running_etcd(folder, *flags, directory=self._programs.get(name, ""))
        )
        return self.members[name]

    @property
    def leader(self) -> str:
        """Return the name of the leader; wait for an election."""
        deadline = time.monotonic() + _ELECTION_SECONDS
        while time.monotonic() < deadline:
            for name in self._running:
                (status,) = json.loads(self.members[name].etcdctl("-w=json", "endpoint", "status"))
                if status["Status"].get("leader") == status["Status"]["header"]["member_id"]:
                    return name
        raise LookupError("no leader")

    def pid(self, name: str) -> int:
        """Return the process of a member."""
        return int((self._folder / name / "etcd.pid").read_text())

    def pause(self, name: str) -> None:
        """Stop the process of a member, and wait until it has stopped."""
        os.kill(self.pid(name), signal.SIGSTOP)
        tasks = Path(f"/proc/{self.pid(name)}/task")
        while any("T (stopped)" not in (task / "status").read_text() for task in tasks.iterdir()):
            time.sleep(0.01)

    def partition(self, *groups: Collection[str]) -> None:
        """Lose all packets between members of different groups; without groups, end that."""
        self._links.partition(*groups)

    def kill(self, name: str) -> None:
        """Kill a member."""
        self._running.pop(name).close()

    def close(self) -> None:
        """Kill all members."""
        for name in list(self._running):
            self.kill(name)
        self._links.close()
