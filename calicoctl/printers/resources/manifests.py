"""Resources as manifests in YAML or JSON, or as names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calicoctl.kinds.values.numbers import format_manifest_float
from calicoctl.manifest.writer import to_json, to_yaml, to_yaml_documents
from calicoctl.printers.resources.print_options import PrintOptions
from calicoctl.resource import Resource
from calicoctl.schema.fields import order_fields

_ANY = PrintOptions()


def format_yaml(resources: Sequence[Resource], _options: PrintOptions = _ANY) -> str:
    """Return a YAML list with sorted keys, as printed by calicoctl 1.6.5."""
    return to_yaml([resource.manifest() for resource in resources], format_manifest_float)


def format_json(resources: Sequence[Resource], _options: PrintOptions = _ANY) -> str:
    """Return a JSON list with the fields in the order of the schema."""
    return to_json([order_fields(resource.kind, resource.manifest()) for resource in resources])


def format_names(resources: Sequence[Resource], _options: PrintOptions = _ANY) -> str:
    """Return one `kind/name` on each line."""
    return "".join(f"{resource.identifier}\n" for resource in resources)


def format_v1_yaml(resources: Sequence[Resource]) -> str:
    """Return converted resources as a YAML list."""
    return format_yaml(resources)


def format_v1_json(resources: Sequence[Resource]) -> str:
    """Return converted resources as a JSON list."""
    return format_json(resources)


def format_v3_yaml(manifests: Sequence[dict[str, Any]]) -> str:
    """Return v3 manifests as YAML documents: kubectl rejects lists, and calicoctl 3.1 documents over 64 KiB."""
    return to_yaml_documents(list(manifests), format_manifest_float)


def format_v3_json(manifests: Sequence[dict[str, Any]]) -> str:
    """Return v3 manifests as a JSON list, which calicoctl 3.x accepts."""
    return to_json(list(manifests))
