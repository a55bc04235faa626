"""Faults during a write: signals, and a network and servers that fail."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from subprocess import CalledProcessError, Popen
from typing import Literal, NamedTuple, Protocol

from tests.support.etcd_server import Etcd
from tests.support.http2_proxy import Http2Proxy

IsolatedMembers = Literal["one", "leader", "all"]
"""Members that are separated from the others."""


class Server(Protocol):
    """An etcd of one or several members."""

    @property
    def stores(self) -> Sequence[Etcd]:
        """The running members."""

    def restart(self, random: Random) -> None:
        """Kill a member and start it again."""

    def pause(self, random: Random, seconds: float) -> None:
        """Stop the process of a member for some time."""

    def isolate(self, random: Random, seconds: float, members: IsolatedMembers) -> threading.Thread:
        """Separate members from the others until the returned thread ends."""


class Scene(NamedTuple):
    """What a fault can act on."""

    random: Random
    process: Popen[str]
    proxies: Sequence[Http2Proxy]
    """Proxies of the members, in the order of the endpoints."""
    server: Server
    timers: list[threading.Thread]
    """Actions that go on."""


Fault = Callable[[Scene], None]
_SHORT_SECONDS = 0.4
_LONG_SECONDS = 3.0


def _later(scene: Scene, seconds: float, action: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, action)
    scene.timers.append(timer)
    timer.start()


def send_signal(number: signal.Signals) -> Fault:
    return lambda scene: scene.process.send_signal(number)


def two_signals(scene: Scene) -> None:
    """A signal, and another one during the rollback."""
    scene.process.send_signal(signal.SIGINT)
    _later(scene, scene.random.random() * _SHORT_SECONDS, lambda: scene.process.send_signal(signal.SIGTERM))


def delay_answers(scene: Scene) -> None:
    for proxy in scene.proxies:
        proxy.freeze()
        _later(scene, scene.random.random() * _LONG_SECONDS, proxy.thaw)


def drop_answers(scene: Scene) -> None:
    """One member, or its network, does not answer again."""
    scene.random.choice(scene.proxies).freeze()


def cut_answer(scene: Scene) -> None:
    scene.proxies[0].cut_at_next_response()


def cut_connections(scene: Scene) -> None:
    scene.proxies[0].close()


def partition(scene: Scene) -> None:
    """No member is reached for some time."""
    for proxy in scene.proxies:
        proxy.freeze()
        _later(scene, _LONG_SECONDS, proxy.thaw)


def isolate(members: IsolatedMembers) -> Fault:
    return lambda scene: scene.timers.append(scene.server.isolate(scene.random, _LONG_SECONDS, members))


def reorder_requests(scene: Scene) -> None:
    for proxy in scene.proxies:
        proxy.reorders_requests = True


def reorder_answers(scene: Scene) -> None:
    for proxy in scene.proxies:
        proxy.reorders_answers = True


def lose_requests(scene: Scene) -> None:
    """Each proxy loses one."""
    for proxy in scene.proxies:
        proxy.drop_next_request()


def lose_answers(scene: Scene) -> None:
    """Each proxy loses one."""
    for proxy in scene.proxies:
        proxy.drop_next_answer()


def restart(scene: Scene) -> None:
    thread = threading.Thread(target=scene.server.restart, args=(scene.random,))
    scene.timers.append(thread)
    thread.start()
    time.sleep(_SHORT_SECONDS / 4)


def pause(scene: Scene) -> None:
    scene.server.pause(scene.random, scene.random.random() * _LONG_SECONDS)


def compact(scene: Scene) -> None:
    with suppress(CalledProcessError, OSError):
        store = scene.server.stores[0]
        store.etcdctl("compact", str(store.revision()))


def interrupt_without_answers(scene: Scene) -> None:
    scene.process.send_signal(signal.SIGINT)
    drop_answers(scene)


FAULTS: dict[str, Fault] = {
    "none": lambda _scene: None,
    **{each.name: send_signal(each) for each in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)},
    "two signals": two_signals,
    "delay": delay_answers,
    "drop": drop_answers,
    "cut an answer": cut_answer,
    "cut": cut_connections,
    "partition": partition,
    "restart": restart,
    "pause": pause,
    "compaction": compact,
    "signal without answers": interrupt_without_answers,
    "reorder requests": reorder_requests,
    "reorder answers": reorder_answers,
    "lose a request": lose_requests,
    "lose an answer": lose_answers,
    "isolate a member": isolate("one"),
    "isolate the leader": isolate("leader"),
    "split the cluster": isolate("all"),
}
"""Faults by name. New ones are added at the end: recorded rounds are repeated by their number."""
MEMBER_FAULTS = {"isolate a member", "isolate the leader", "split the cluster"}
"""Faults between members, which one etcd cannot have."""
CLOSED_PROXY = {"cut", "cut an answer", "drop"}
"""Faults after which a proxy is of no use: the write continues over another endpoint."""
