"""get --at and diff --at: resources, and allowed traffic, of earlier revisions."""

from __future__ import annotations

import json

from tests.support.etcd_server import Etcd
from tests.support.manifests import ALLOW_INGRESS, manifest, policy, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import policy_key

SEMANTIC = ("diff", "--semantic", "--at")


def apply(calicoctl: Calicoctl, *resources: dict[str, object]) -> None:
    result = calicoctl("apply", "-f", "-", input=manifest(*resources))
    assert result.exit_code == 0, result.stderr


def test_earlier_revisions(store: Etcd, calicoctl: Calicoctl) -> None:
    first = manifest(profile("a"), policy("p", order=1))
    calicoctl("apply", "-f", "-", input=first)
    revision = store.revision()
    shown = calicoctl("get", "all", "-o", "yaml").stdout
    store.delete(policy_key("p"))  # by another program
    apply(calicoctl, profile("a", labels={"x": "1"}), profile("b"))
    assert calicoctl("get", "all", "-o", "yaml", "--at", str(revision)).stdout == shown
    assert calicoctl("get", "policy", "p", "--at", str(revision), "-o", "name").stdout == "policy/p\n"
    assert calicoctl("get", "profile", "b", "--at", str(revision)).exit_code == 6
    same = calicoctl("diff", "-f", "-", "--at", str(revision), input=first)
    assert (same.exit_code, same.stdout) == (0, "")
    since = calicoctl("diff", "--at", str(revision), "--summary")
    assert (since.exit_code, since.stdout.splitlines()[-1]) == (1, "1 new, 1 different, 1 gone")
    nothing = calicoctl("diff", "--at", str(store.revision()))
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    store.etcdctl("compact", str(revision + 1))
    for command in (["get", "all"], ["diff"]):
        compacted = calicoctl(*command, "--at", str(revision))
        message = f"revision {revision} no longer exists, the oldest revision is {revision + 1}\n"
        assert (compacted.exit_code, compacted.stderr) == (6, message)
        future = calicoctl(*command, "--at", "999999")
        assert (future.exit_code, "does not exist, the datastore is at" in future.stderr) == (6, True)


def test_allowed_traffic_of_an_earlier_revision(store: Etcd, calicoctl: Calicoctl) -> None:
    closed, opened = profile("a"), profile("a", **ALLOW_INGRESS)
    apply(calicoctl, closed)
    revision = str(store.revision())
    apply(calicoctl, opened)
    apply(calicoctl, policy("p", order=1))  # without effect: it selects no endpoint, and has no rules
    store.delete(policy_key("p"))
    since = calicoctl("diff", "--semantic", "--at", revision)
    assert (since.exit_code, since.stderr) == (1, "")
    assert f"(before: datastore {store.endpoint} at revision {revision}: " in since.stdout
    assert f"(after: datastore {store.endpoint}: " in since.stdout
    for operands, kind in (
        ((), "gained"),
        (("datastore", "-"), "gained"),
        (("-", "datastore"), "lost"),
        (("-f", "-"), "gained"),
    ):
        result = calicoctl(*SEMANTIC, revision, *operands, "-o", "json", input=manifest(opened))
        changes = json.loads(result.stdout)
        assert [name for name in ("gained", "lost") if changes[name]] == [kind]
    assert calicoctl(*SEMANTIC, revision, "-f", "-", input=manifest(closed)).exit_code == 0
    assert calicoctl(*SEMANTIC, str(store.revision())).exit_code == 0
    refused = calicoctl(*SEMANTIC, revision, "-", "x.yaml", input=manifest(opened))
    assert (refused.exit_code, refused.stderr) == (2, "--at requires the operand datastore, or no operands\n")
    future = calicoctl(*SEMANTIC, "999999")
    assert (future.exit_code, future.stderr.startswith("revision 999999 does not exist, ")) == (6, True)
