"""Labels of resources, as text or JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from calicoctl.printable import join_lines
from calicoctl.resource import Resource


def format_text(resources: Sequence[Resource], *, single: bool) -> str:
    """Return `key=value` on each line, for several resources below the name of each one."""
    lines: list[str] = []
    for resource in resources:
        lines += [] if single else [str(resource.identifier)]
        indent = "" if single else "  "
        lines += (f"{indent}{key}={value}" for key, value in sorted(_labels(resource).items()))
    return join_lines(lines)


def to_records(resources: Sequence[Resource]) -> list[dict[str, Any]]:
    """Return an object with the labels of each resource."""
    return [
        {"kind": resource.kind, "name": resource.identifier.name, "labels": dict(_labels(resource))}
        for resource in resources
    ]


def _labels(resource: Resource) -> Mapping[str, str]:
    return resource.metadata.get("labels") or {}
