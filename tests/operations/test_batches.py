"""What one command writes is one transaction; what does not fit is never half done without a word."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.etcd_server import Etcd, running_etcd
from tests.support.manifests import host_endpoint, manifest, node, peer, policy, pool, profile, workload_endpoint
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import (
    PREFIX,
    key_segments,
    mod_revision,
    object_key,
    policy_key,
    put_object,
    read_object,
)
from tests.support.tcp_proxy import TcpProxy

COUNT = 2500
NAMES = [f"p{number:04}" for number in range(COUNT)]
MANY_POLICIES = manifest(*(policy(name, order=1) for name in NAMES))
MARKER = policy_key("p0500").encode()
ROLLED_BACK_MESSAGE = "  nothing was written (all writes were rolled back)\n"
EVERY_KIND = (
    host_endpoint("n", "e", profiles=["a"]),
    workload_endpoint("n", "cni", "0123", "e", profiles=["a"]),
    peer("192.0.2.1", "n"),
    profile("a"),
    policy("p"),
    pool("10.0.0.0/16"),
    node("n"),
)


@pytest.fixture
def run_disturbed(store: Etcd, proxy: TcpProxy, standby_proxy: TcpProxy) -> Callable[..., Result]:
    """Run a verb on MANY through the gate; when the marker passes it, something happens to the process."""

    def run(verb: str, happens: Callable[[subprocess.Popen[str]], None], *endpoints: str) -> Result:
        def it_happens(process: subprocess.Popen[str]) -> None:
            standby_proxy.thaw()
            happens(process)

        options = ("-f", "-", "--timeout", "2")
        return processes.run_disturbed(
            proxy, MARKER, it_happens, verb, *options, text=MANY_POLICIES, endpoints=endpoints
        )

    return run


def interrupt(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)


def test_all_kinds_in_one_transaction(store: Etcd, calicoctl: Calicoctl) -> None:
    before = store.revision()
    result = calicoctl("apply", "-f", "-", input=manifest(*EVERY_KIND))
    assert (result.exit_code, store.revision()) == (0, before + 1)
    assert len(store.keys()) == len(EVERY_KIND) + 2
    assert {mod_revision(store, key) for key in store.keys()} == {before + 1}  # noqa: SIM118 - no mapping
    changed = (profile("a", labels={"x": "y"}), policy("q"), node("n", bgp={"ipv4Address": "10.0.0.1/24"}))
    assert calicoctl("apply", "-f", "-", input=manifest(*changed)).stdout.endswith("\n1 created, 2 configured\n")
    assert store.revision() == before + 2
    assert calicoctl("delete", "-f", "-", input=manifest(*EVERY_KIND)).exit_code == 0
    assert store.revision() == before + 3


def test_as_much_as_fits_is_one_transaction(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("first")))
    before = store.revision()
    for first, count, transactions in ((0, 127, 1), (200, 128, 2)):
        text = manifest(*(profile(f"p{number}") for number in range(first, first + count)))
        assert calicoctl("apply", "-f", "-", input=text).exit_code == 0
        assert store.revision() == before + transactions
        before = store.revision()


def test_one_level_after_the_other(store: Etcd, calicoctl: Calicoctl) -> None:
    pairs = [
        (host_endpoint("n", f"e{number}", profiles=[f"p{number}"]), profile(f"p{number}")) for number in range(150)
    ]
    text = manifest(*(resource for pair in pairs for resource in pair))
    for verb in ("apply", "delete"):
        before = store.revision()
        assert calicoctl(verb, "-f", "-", input=text).exit_code == 0
        for revision in range(before + 1, store.revision() + 1):
            counts = [objects_at_revision(store, plural, revision) for plural in ("profiles", "hostendpoints")]
            assert counts[1] == 0 or counts[0] == 150
    assert key_segments(store, "profiles") == key_segments(store, "hostendpoints") == []


def objects_at_revision(store: Etcd, plural: str, revision: int) -> int:
    printed = store.etcdctl("-w=json", "get", "--prefix", "--keys-only", f"--rev={revision}", f"{PREFIX}{plural}/")
    return int(json.loads(printed).get("count", 0))


@pytest.mark.parametrize("arguments", [("--atomic",), ("--atomic", "--max-txn-ops", "128")])
def test_atomic_refuses_what_does_not_fit(store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...]) -> None:
    result = calicoctl("apply", *arguments, "-f", "-", input=MANY_POLICIES)
    assert (result.exit_code, result.stdout, store.keys()) == (8, "", [])
    assert result.stderr.startswith(f"--atomic: the write needs {COUNT + 2} operations, a transaction can have 128 (")


@pytest.mark.parametrize(
    ("arguments", "transactions"),
    [((), 1), (("--atomic",), 1), (("--max-txn-ops", "4"), 5), (("--max-txn-ops", "300"), 1)],
)
def test_how_many_operations_a_transaction_takes(
    store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], transactions: int
) -> None:
    before = store.revision()
    text = manifest(*(policy(name) for name in NAMES[:12]))
    assert calicoctl("apply", *arguments, "-f", "-", input=text).exit_code == 0
    assert store.revision() == before + transactions


def test_a_server_with_other_limits(calicoctl: Calicoctl, tmp_path: Path, clean_environment: None) -> None:
    with running_etcd(tmp_path, "--max-txn-ops=400") as server:
        environment = {"ETCD_ENDPOINTS": server.endpoint}
        text = manifest(*(policy(name) for name in NAMES[:390]))
        many = ("apply", "--atomic", "--max-txn-ops", "400", "-f", "-")
        before = server.revision()
        assert calicoctl(*many, input=text, env=environment).exit_code == 0
        assert server.revision() == before + 1
        refused = calicoctl(
            "delete", "--atomic", "--max-txn-ops", "500", "-f", "-", input=MANY_POLICIES, env=environment
        )
        assert refused.exit_code in {5, 8}
        more = manifest(*(policy(name, order=2) for name in NAMES[:450]))
        refused = calicoctl("apply", "--atomic", "--max-txn-ops", "500", "-f", "-", input=more, env=environment)
        assert (refused.exit_code, server.revision()) == (8, before + 1)
        assert "etcd refuses a transaction of 451 operations" in refused.stderr
        assert calicoctl("apply", "--max-txn-ops", "500", "-f", "-", input=more, env=environment).exit_code == 0
        assert len(key_segments(server)) == 450


def test_killed_between_two_batches(store: Etcd, calicoctl: Calicoctl, run_disturbed: Callable[..., Result]) -> None:
    put_object(store, policy_key("p0000"), {"order": 7, "namespaceSelector": "a == 'b'"})
    result = run_disturbed("apply", subprocess.Popen.kill)
    assert result.exit_code == -signal.SIGKILL
    left = key_segments(store)
    assert 0 < len(left) < COUNT
    # Nobody is left to undo it; but what is there is whole, and the same command finishes the work.
    assert json.loads(calicoctl("get", "policy", left[-1], "-o", "json").stdout)[0]["spec"]["order"] == 1
    again = calicoctl("apply", "-f", "-", input=MANY_POLICIES)
    assert (again.exit_code, again.stderr) == (0, "")
    assert key_segments(store) == NAMES
    assert read_object(store, policy_key("p0000"))["spec"]["namespaceSelector"] == "a == 'b'"
    assert calicoctl("apply", "-f", "-", input=MANY_POLICIES).stdout.endswith(f"\n{COUNT} unchanged\n")


def test_create_after_a_kill_reports_the_existing_resources(
    store: Etcd, calicoctl: Calicoctl, run_disturbed: Callable[..., Result]
) -> None:
    run_disturbed("create", subprocess.Popen.kill)
    store.wait_until_quiet()
    left = key_segments(store)
    again = calicoctl("create", "-f", "-", input=MANY_POLICIES)
    assert (again.exit_code, again.stdout) == (5, "")
    *lines, rest, last = again.stderr.splitlines()
    assert [line.split(": ")[1] for line in (*lines, last)] == [
        f"policy/{name}" for name in (*left[: len(lines)], left[-1])
    ]
    assert rest.startswith(f"and {len(left) - len(lines) - 1} more ")
    result = calicoctl("create", "--skip-exists", "-f", "-", input=MANY_POLICIES)
    assert result.stdout.endswith(f"\n{COUNT - len(left)} created, {len(left)} skipped\n")


def test_ctrl_c_restores_deleted_resources(
    store: Etcd, calicoctl: Calicoctl, run_disturbed: Callable[..., Result]
) -> None:
    calicoctl("apply", "-f", "-", input=MANY_POLICIES)
    before = store.etcdctl("get", "--prefix", "")
    assert run_disturbed("delete", interrupt) == Result(130, "", f"interrupted\n{ROLLED_BACK_MESSAGE}")
    assert store.etcdctl("get", "--prefix", "") == before


def test_ctrl_c_with_a_dead_connection_reports_unknown_writes(
    store: Etcd, proxy: TcpProxy, run_disturbed: Callable[..., Result]
) -> None:
    def happens(process: subprocess.Popen[str]) -> None:
        proxy.freeze()
        interrupt(process)

    result = run_disturbed("apply", happens)
    assert (result.exit_code, result.stdout) == (130, "")
    first, *_, last = result.stderr.splitlines()
    assert first == "interrupted"
    assert last.startswith("  ")
    assert f" of {COUNT + 2} keys were written, " in last
    assert last.endswith(" have an unknown state (run the same command again)")


def test_a_connection_that_is_lost_and_comes_back(
    store: Etcd, calicoctl: Calicoctl, proxy: TcpProxy, standby_proxy: TcpProxy, run_disturbed: Callable[..., Result]
) -> None:
    result = run_disturbed("apply", lambda process: proxy.cut_at_next_response(), standby_proxy.endpoint)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith(f"\n{COUNT} created\n")
    assert key_segments(store) == NAMES


@pytest.mark.parametrize("bare", [True, False])
def test_a_batch_that_comes_late_does_nothing(
    store: Etcd,
    calicoctl: Calicoctl,
    proxy: TcpProxy,
    standby_proxy: TcpProxy,
    run_disturbed: Callable[..., Result],
    bare: bool,
) -> None:
    """It is held up on its way until all else has been undone; in a bare store even what initialises it is undone."""
    if not bare:
        calicoctl("apply", "-f", "-", input=manifest(profile("first")))
    before = store.keys()
    released = threading.Event()

    def hold_up(process: subprocess.Popen[str]) -> None:
        proxy.freeze()
        interrupt(process)
        released.wait(30)

    result = run_disturbed("apply", hold_up, standby_proxy.endpoint)
    assert result == Result(130, "", f"interrupted\n{ROLLED_BACK_MESSAGE}")
    assert store.keys() == before
    released.set()
    time.sleep(0.5)
    assert store.keys() == before


def test_a_batch_that_comes_late_and_was_sent_again_does_nothing(
    store: Etcd, proxy: TcpProxy, standby_proxy: TcpProxy, run_disturbed: Callable[..., Result]
) -> None:
    released = threading.Event()

    def hold_up(_process: subprocess.Popen[str]) -> None:
        proxy.freeze()
        released.wait(30)

    assert run_disturbed("apply", hold_up, standby_proxy.endpoint).exit_code == 0
    assert key_segments(store) == NAMES
    before = store.revision()
    released.set()
    time.sleep(0.5)
    assert store.revision() == before


def test_an_etcd_that_dies_midway(tmp_path: Path, calicoctl: Calicoctl, clean_environment: None) -> None:
    with ExitStack() as running:
        server = running.enter_context(running_etcd(tmp_path))
        gate = TcpProxy(server.endpoint)
        gate.on_request(MARKER, running.close)  # SIGKILL
        environment = {"ETCD_ENDPOINTS": gate.endpoint}
        result = calicoctl("apply", "--timeout", "1", "-f", "-", input=MANY_POLICIES, env=environment)
        gate.close()
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.endswith(" (run the same command again)\n")
    told = re.search(rf"(\d+) of {COUNT + 2} keys were written", result.stderr)
    assert told
    with running_etcd(tmp_path) as server:
        # Two of the keys initialise the store. What was under way when etcd died may be there as well.
        assert int(told[1]) - 2 <= len(key_segments(server)) < COUNT
        environment = {"ETCD_ENDPOINTS": server.endpoint}
        assert calicoctl("apply", "-f", "-", input=MANY_POLICIES, env=environment).exit_code == 0
        assert key_segments(server) == NAMES


STALE = ("apply", "replace", "delete")


@pytest.mark.parametrize("verb", STALE)
@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize("kind", ["policy", "node", "ipPool", "hostEndpoint", "workloadEndpoint", "bgpPeer", "profile"])
def test_a_manifest_that_is_out_of_date_is_refused(
    store: Etcd, calicoctl: Calicoctl, verb: str, form: str, kind: str
) -> None:
    calicoctl("apply", "-f", "-", input=manifest(*EVERY_KIND))
    printed = calicoctl("get", kind, "-o", form, "--show-revision").stdout
    revision = store.revision()
    assert str(revision) in printed
    (key,) = [key for key in store.keys() if key.startswith(prefix_of(kind))]  # noqa: SIM118 - no mapping
    document = read_object(store, key)
    store.put(key, json.dumps({**document, "metadata": {**document["metadata"], "finalizers": ["rival"]}}))
    before = store.revision()
    both = calicoctl(verb, "-f", "-", input=printed)
    assert (both.exit_code, both.stdout) == (5, "")
    assert f"is at revision {before} now, the manifest has revision {revision} (" in both.stderr
    assert store.revision() == before
    fresh = calicoctl("get", kind, "-o", form, "--show-revision").stdout
    assert calicoctl(verb, "-f", "-", *(["--cascade"] if verb == "delete" else []), input=fresh).exit_code == 0


def prefix_of(kind: str) -> str:
    plurals = {"policy": "globalnetworkpolicies"}
    return object_key(plurals.get(kind, f"{kind.lower()}s"), "")


@pytest.mark.parametrize("verb", STALE)
def test_a_manifest_of_what_was_deleted_is_refused_with_all_others(
    store: Etcd, calicoctl: Calicoctl, verb: str
) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a"), profile("b")))
    printed = calicoctl("get", "profile", "-o", "yaml", "--show-revision").stdout.replace(
        "spec: {}", "spec: {egress: [{action: deny}]}"
    )
    calicoctl("delete", "profile", "b")
    before = store.revision()
    result = calicoctl(verb, "-f", "-", input=printed)
    assert (result.exit_code, result.stdout) == (5, "")
    reason = "does not exist" if verb == "replace" else "no longer exists"
    assert f"profile/b: {reason}" in result.stderr
    assert store.revision() == before


def test_the_revision_counts_as_text_or_number_and_is_not_kept(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    for written in (int, str):
        resource = profile("a", labels={"n": written.__name__})
        resource["metadata"]["resourceVersion"] = written(store.revision())
        assert calicoctl("apply", "-f", "-", input=manifest(resource)).stdout.endswith("\n1 configured\n")
    assert "resourceVersion" not in calicoctl("get", "profile", "-o", "yaml").stdout
