"""import that is killed, interrupted, cut off from etcd, or reads a broken file; and into a datastore with contents."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes
from tests.support.etcd_server import Etcd, RestartableEtcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl, Result
from tests.support.stored_objects import TIER_KEY, object_key, policy_key, put_object, read_object
from tests.support.tcp_proxy import TcpProxy

SET_COUNT, POLICY_COUNT = 1500, 500
MARKER = object_key("globalnetworksets", "s0700").encode()


def stored_object(key: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "storedObject", "metadata": {"key": key}, "spec": content}


def network_set(name: str) -> dict[str, Any]:
    content = {
        "kind": "GlobalNetworkSet",
        "apiVersion": "projectcalico.org/v3",
        "metadata": {"name": name},
        "spec": {"nets": ["192.0.2.0/24"]},
    }
    return stored_object(object_key("globalnetworksets", name), content)


BACKUP = manifest(
    *(policy(f"p{number:04}", order=number) for number in range(POLICY_COUNT)),
    *(network_set(f"s{number:04}") for number in range(SET_COUNT)),
)


@pytest.fixture
def run_disturbed(store: Etcd, proxy: TcpProxy) -> Callable[[Callable[[subprocess.Popen[str]], None]], Result]:
    """Import BACKUP; when it sends the marker, something happens to the process."""

    def run(happens: Callable[[subprocess.Popen[str]], None]) -> Result:
        return processes.run_disturbed(proxy, MARKER, happens, "import", "-f", "-", "--timeout", "2", text=BACKUP)

    return run


def test_killed_import_is_finished_by_the_same_command(
    store: Etcd, calicoctl: Calicoctl, run_disturbed: Callable[..., Result]
) -> None:
    assert run_disturbed(subprocess.Popen.kill).exit_code == -signal.SIGKILL
    left = store.keys()
    assert 2 < len(left) < POLICY_COUNT + SET_COUNT
    again = calicoctl("import", "-f", "-", input=BACKUP)
    assert (again.exit_code, again.stderr) == (0, "")
    assert len(store.keys()) == POLICY_COUNT + SET_COUNT + 2
    assert calicoctl("import", "-f", "-", input=BACKUP).stdout.endswith(f"\n{POLICY_COUNT + SET_COUNT} unchanged\n")


def test_interrupted_import_is_rolled_back(store: Etcd, run_disturbed: Callable[..., Result]) -> None:
    put_object(store, object_key("globalnetworksets", "s0001"), {"nets": ["198.51.100.0/24"]})
    before = store.etcdctl("get", "--prefix", "")
    result = run_disturbed(lambda process: process.send_signal(signal.SIGINT))
    assert (result.exit_code, result.stdout) == (130, "")
    assert "nothing was written (all writes were rolled back)" in result.stderr
    assert store.etcdctl("get", "--prefix", "") == before


def test_stopped_etcd(restartable_etcd: RestartableEtcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    backup = tmp_path / "backup"
    assert calicoctl("export", "-o", f"{backup}/").exit_code == 0
    before = {path: path.read_text() for path in backup.iterdir()}
    restartable_etcd.stop()
    for arguments in (("export", "-o", str(backup)), ("import", "-f", str(backup))):
        result = calicoctl(*arguments, "--timeout", "0.5")
        assert (result.exit_code, result.stdout, "can't reach the datastore" in result.stderr) == (4, "", True)
    assert {path: path.read_text() for path in backup.iterdir()} == before
    restartable_etcd.start()
    assert calicoctl("import", "-f", str(backup)).exit_code == 0


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda text: text[: text.index("order: 1000000") + 3], "-:"),
        (lambda text: text[: text.rindex("\n  spec:\n")], "spec"),
        (lambda text: text.replace("order: 1000000", "order: [1"), "-:"),
        (lambda text: text.replace("spec:", "sepc:"), "sepc"),
        (lambda text: text.encode()[:-1] + b"\xff\n", "UTF-8"),
        (lambda text: text + "  \0", "-:"),
        (lambda text: "", "no resource in this manifest"),
    ],
    ids=["cut off", "cut off between fields", "unclosed", "misspelled", "not UTF-8", "zero byte", "empty"],
)
def test_broken_file(store: Etcd, calicoctl: Calicoctl, broken: Callable[[str], str | bytes], message: str) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    text, before = calicoctl("export").stdout, store.revision()
    result = calicoctl("import", "-f", "-", input=broken(text))
    assert (result.exit_code, result.stdout, store.revision()) == (3, "", before)
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_datastore_with_contents(store: Etcd, calicoctl: Calicoctl) -> None:
    """Other objects stay, equal ones are not written, different ones are changed in place."""
    calicoctl("apply", "-f", "-", input=manifest(profile("a"), policy("p", order=1)))
    put_object(store, object_key("tiers", "secure"), {"order": 5})
    text = calicoctl("export").stdout
    calicoctl("apply", "-f", "-", input=manifest(policy("p", order=2), policy("other")))
    put_object(store, object_key("tiers", "secure"), {"order": 6}, uid="its-uid")
    put_object(store, object_key("tiers", "third"), {"order": 7})
    result = calicoctl("import", "-f", "-", input=text)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("\n2 configured, 3 unchanged\n")
    assert read_object(store, policy_key("p"))["spec"]["order"] == 1
    assert read_object(store, object_key("tiers", "secure"))["metadata"]["uid"] == "its-uid"
    assert read_object(store, object_key("tiers", "secure"))["spec"] == {"order": 5}
    assert store.get(policy_key("other"))
    assert store.get(object_key("tiers", "third"))


def test_locked_datastore(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(profile("a")))
    text = calicoctl("export").stdout
    cluster = read_object(store, object_key("clusterinformations", "default"))
    cluster["spec"]["datastoreReady"] = False
    store.put(object_key("clusterinformations", "default"), json.dumps(cluster))
    store.etcdctl("del", TIER_KEY)
    before = store.revision()
    result = calicoctl("import", "-f", "-", input=text)
    assert (result.exit_code, "is locked" in result.stderr, store.revision()) == (8, True, before)
