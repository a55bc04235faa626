"""Writes v3 objects of manifests into etcd without the validation that apply does."""

from __future__ import annotations

import json
from typing import Any

from calicoctl.conversion.stored import to_stored
from calicoctl.kinds import find_kind
from calicoctl.storage import encode
from tests.support.etcd_server import Etcd


def put_unvalidated(store: Etcd, resources: list[dict[str, Any]], *, icmp_by_number: bool = False) -> None:
    """Write these; ICMP that was given by its number stays that, as Calico's own converters leave it, if wanted."""
    lines = []
    for manifest in resources:
        kind = find_kind(manifest["kind"])
        assert kind
        resource = kind.resource(*kind.normalize(manifest))
        key = kind.stored_kind.key(kind.key_segments(kind.stored_name(resource.identifier))[0])
        value = json.loads(encode(to_stored(kind, resource, key, None).stored, kind.stored_kind))
        value["metadata"].pop("annotations", None)
        for direction in ("ingress", "egress"):
            for rule, v1 in zip(value["spec"].get(direction, ()), manifest["spec"].get(direction, ()), strict=True):
                if icmp_by_number and v1.get("protocol") in {1, 58}:
                    rule["protocol"] = v1["protocol"]
        lines.append(f"put {json.dumps(key)} {json.dumps(json.dumps(value))}\n")
    store.etcdctl("txn", input=f"\n{''.join(lines)}\n\n")
