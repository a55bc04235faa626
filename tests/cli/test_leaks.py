"""Nothing is left by any run: no descriptor, thread, process or temporary file; a password is in no output."""

from __future__ import annotations

import gc
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl

PASSWORD = "hunter2-geheim"
RUNS = (
    "apply -f good.json",
    "apply -f bad.json",
    "apply -f good.json --set s --prune --max-txn-ops 2",
    "get all -o yaml",
    "get profile none",
    "edit profile a",
    "edit policy p",
    "plan -f changed.json --save x.plan",
    "plan --show x.plan",
    "apply --plan x.plan",
    "diff -f good.json --semantic",
    "wait profile/none --for=present --timeout 0.1",
    "export -o out.yaml",
    "lint",
    "doctor",
    "doctor -c clusters.yaml",
    "config view -c clusters.yaml",
    "get profile -c clusters.yaml",
    "get profile --endpoints http://127.0.0.1:1 --timeout 0.3",
    "get profile --endpoints https://127.0.0.1:1 --timeout 0.3",
    "get profile --config missing.yaml",
)
CONFIGURATION = f"""\
apiVersion: v1
kind: calicoApiConfig
metadata: {{name: a}}
spec: {{etcdEndpoints: "ENDPOINT", etcdUsername: me, etcdPassword: {PASSWORD}}}
"""


def open_things() -> tuple[int, int, list[str]]:
    """Number of descriptors, of threads, and the child processes."""
    gc.collect()
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), children


def settled(expected: tuple[int, int, list[str]], measure: Callable[[], tuple[int, int, list[str]]]) -> bool:
    """Whether the expected state is reached soon: gRPC closes its channels in the background."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = measure()
        if found[0] <= expected[0] and found[1] <= expected[1] and found[2] == expected[2]:
            return True
        time.sleep(0.05)
    return False


def test_nothing_is_left(store: Etcd, calicoctl: Calicoctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    Path("good.json").write_text(
        manifest(profile("a", labels={"x": "y"}), *(policy(f"p{n}") for n in range(8)), policy("p"))
    )
    Path("changed.json").write_text(manifest(profile("a", labels={"x": "z"})))
    Path("bad.json").write_text(manifest({**profile("a"), "spec": {"ingress": 5}}))
    Path("clusters.yaml").write_text(CONFIGURATION.replace("ENDPOINT", store.endpoint))
    monkeypatch.setenv("EDITOR", "sed -i s/x:/x2:/")
    files = {"good.json", "changed.json", "bad.json", "clusters.yaml", "x.plan", "out.yaml", "temporary"}
    calicoctl("get", "all")  # imports and starts what stays until the end of the process
    before = open_things()
    for run in RUNS:
        result = calicoctl(*run.split(" "), env={"ETCD_PASSWORD": PASSWORD, "ETCD_USERNAME": "me"})
        assert PASSWORD not in str(result), run
        assert settled(before, open_things), (run, before, open_things())
        assert {path.name for path in tmp_path.iterdir()} <= files, run
        assert not list(temporary.iterdir()), run
