"""Configuration files that calicoctl 3.32, connected to an etcd, accepts or rejects (`data/configuration.jsonl`).

`@ENDPOINT@` in a file is the URL of the etcd, `@AUTHORITY@` its host and port.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from calicoctl.config import load
from calicoctl.errors import UsageError
from tests.support.recordings import Row, load_rows

DEVIATIONS = {
    "the format of calicoctl 1.6.5 is supported, and its fields are": (
        "spec.etcdAuthority",
        "spec.etcdScheme",
        "version v1 kind old",
    ),
    "values of ignored fields are not checked": (
        *(f"spec.kubeconfig {wrong}" for wrong in ("mapping", "list")),
        *(f"spec.calicoAPIGroup {wrong}" for wrong in ("mapping", "list")),
        *(f"spec.k8sClientQPS {wrong}" for wrong in ("mapping", "list", "x", "'5'", "true")),
        *(f"spec.k8sClientBurst {wrong}" for wrong in ("x", "'5'", "1.5")),
        *(f"spec.usePodCIDR {wrong}" for wrong in ("x", "'true'", "1")),
        *(f"spec.k8sInsecureSkipTLSVerify {wrong}" for wrong in ("mapping", "list", "''")),
        "metadata.name [a]",
        "metadata.uid {a: b}",
        "metadata.generation x",
        "metadata.labels x",
        "metadata.labels {a: {b: c}}",
        "metadata.finalizers a",
        "metadata.ownerReferences {a: b}",
        "metadata.creationTimestamp x",
    ),
    "a user name or a password alone would be ignored": ("spec.etcdUsername", "spec.etcdPassword"),
    "user name 2020-01-01 has no password": ("spec.etcdUsername 2020-01-01",),
    "the path and the password in a URL would be ignored": ("endpoint with path", "endpoint with user"),
    "merge keys are not supported": ("merge key",),
}
"""Files that are accepted instead of rejected, or rejected instead of accepted, and the reason."""


@pytest.mark.parametrize("row", load_rows("configuration"), ids=lambda row: row["name"])
def test_acceptance(tmp_path: Path, row: Row) -> None:
    text = row["file"].replace("@ENDPOINT@", "http://127.0.0.1:1").replace("@AUTHORITY@", "127.0.0.1:1")
    path = tmp_path / "calicoctl.cfg"
    path.write_text(text)
    is_deviation = any(row["name"] in rows for rows in DEVIATIONS.values())
    assert _is_accepted(path) == (row["accepted"] != is_deviation)


def _is_accepted(path: Path) -> bool:
    try:
        load(str(path), {})
    except UsageError:
        return False
    return True
