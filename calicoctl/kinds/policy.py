"""The kind policy: rules for the endpoints that a selector matches. v3 has it as GlobalNetworkPolicy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.column import Column
from calicoctl.kinds.field_table import FieldConversion, FieldTable, without_empty
from calicoctl.kinds.kind import Kind, V3Object, check_stored_name
from calicoctl.kinds.rules import DIRECTIONS
from calicoctl.kinds.rules.checks import check_rules
from calicoctl.kinds.rules.convert import normalize_selector
from calicoctl.kinds.rules.spec_fields import RULE_LISTS
from calicoctl.kinds.rules.v3_only import unrepresentable
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.labels import TIER_LABEL, selector_to_v3
from calicoctl.kinds.values.names import is_qualified_name, v3_policy_name
from calicoctl.kinds.values.numbers import format_short_float, normalize_float
from calicoctl.kinds.values.set_membership import SET_ANNOTATION
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import (
    MAX_ANNOTATIONS_SIZE,
    RECORD_ANNOTATION,
    CorruptEntryError,
    StoredKind,
    StoredResource,
    annotations_size,
    decode_json,
)

DEFAULT_TIER = "default"
LEGACY_TIER_PREFIX = "default."
"""Prefix of policy names in the keys of Calico 3.31 and earlier: the tier."""

METADATA_ANNOTATION = "projectcalico.org/metadata"
"""Annotation in which Calico 3.30 and later store the displayed name. It is never printed."""
KUBERNETES_NAME_PREFIX = "knp.default."
"""Prefix of the names that Calico stores for network policies of Kubernetes."""


def _infer_types(ingress: list[Any], egress: list[Any]) -> list[str]:
    """Return the types of a policy that specifies none, as calicoctl 1.6 sets them."""
    if not egress:
        return ["ingress"]
    return ["ingress", "egress"] if ingress else ["egress"]


def _is_untracked(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("doNotTrack") or spec.get("preDNAT"))


class _Policy(Kind):
    name = "policy"
    aliases = ("policies", "pol", "pols", "globalnetworkpolicy", "globalnetworkpolicies", "gnp", "gnps")
    identifying_fields = ("name",)
    columns = (
        Column("NAME", "metadata.name"),
        Column(
            "ORDER",
            "spec.order",
            wide_only=True,
            format_value=lambda order: "" if order is None else format_short_float(order),
            no_value="<nil>",
        ),
        Column("SELECTOR", "spec.selector", wide_only=True),
    )
    stored_kind = StoredKind("GlobalNetworkPolicy", "globalnetworkpolicies")
    spec_fields = FieldTable(
        FieldConversion("order", "order", normalize=normalize_float, from_v3=normalize_float),
        *RULE_LISTS,
        FieldConversion("selector", "selector", normalize=normalize_selector, to_v3=selector_to_v3, default=""),
        FieldConversion(
            "types",
            "types",
            normalize=list,
            to_v3=lambda types: [name.capitalize() for name in types],
            from_v3=lambda types: [str(name).lower() for name in types],
        ),
        FieldConversion("doNotTrack", "doNotTrack"),
        FieldConversion("preDNAT", "preDNAT"),
    )

    def check_metadata(self, metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
        name = metadata.get("name")
        if isinstance(name, str) and name.startswith(KUBERNETES_NAME_PREFIX):
            yield (
                ("metadata", "name"),
                f"names with '{KUBERNETES_NAME_PREFIX}' are reserved for Kubernetes (choose another name)",
            )
        else:
            yield from check_stored_name(("metadata", "name"), name, v3_policy_name)
        annotations = metadata.get("annotations")
        annotations = annotations if isinstance(annotations, dict) else {}
        size = annotations_size({key: text for key, text in annotations.items() if isinstance(text, str)})
        if size > MAX_ANNOTATIONS_SIZE:
            yield ("metadata", "annotations"), f"{size:,} bytes (at most {MAX_ANNOTATIONS_SIZE:,})"
        for key in annotations:
            if key in {METADATA_ANNOTATION, RECORD_ANNOTATION, SET_ANNOTATION}:
                yield (
                    ("metadata", "annotations", key),
                    "is reserved for Calico and calicoctl (remove it)",
                )

    def check_spec(self, spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
        yield from check_rules(spec)
        if spec.get("preDNAT") is not True:
            return
        if spec.get("doNotTrack") is True:
            yield ("spec", "preDNAT"), "preDNAT and doNotTrack exclude each other (choose one)"
        if spec.get("egress"):
            yield ("spec", "egress"), "a preDNAT policy cannot have egress rules (remove them)"
        types = spec.get("types")
        if isinstance(types, list) and "egress" in types:
            yield (
                ("spec", "types", types.index("egress")),
                "a preDNAT policy applies to ingress only (remove egress)",
            )

    def normalize_metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        return without_empty({"name": metadata["name"], "annotations": metadata.get("annotations")})

    def normalize_spec(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        normal = self.spec_fields.normalize(spec)
        types = normal.pop("types", None) or _infer_types(normal.get("ingress", []), normal.get("egress", []))
        return {**normal, "types": types}  # calicoctl 1.6 prints the types last

    def to_v3(self, resource: Resource) -> V3Object:
        spec = self.spec_fields.to_v3(resource.spec)
        if _is_untracked(spec):
            spec["applyOnForward"] = True  # Calico 3 rejects doNotTrack and preDNAT without it
        annotations = resource.metadata.get("annotations", {})
        return V3Object(spec, {key: text for key, text in annotations.items() if is_qualified_name(key)})

    def metadata_from_v3(self, stored: StoredResource) -> dict[str, Any]:
        annotations = {key: text for key, text in stored.annotations.items() if key != METADATA_ANNOTATION}
        return without_empty({"name": _displayed_name(stored), "annotations": annotations})

    def spec_from_v3(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        normal = self.spec_fields.from_v3(spec)
        types = normal.pop("types", None) or list(DIRECTIONS)  # Felix applies a policy without types to both
        return {**normal, "types": types}

    def restore_recorded_metadata(self, recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
        """Return the metadata with the recorded name and the recorded annotations that v3 cannot hold."""
        recorded_only = {
            key: text for key, text in (recorded.get("annotations") or {}).items() if not is_qualified_name(key)
        }
        annotations = {**metadata.get("annotations", {}), **recorded_only}
        return without_empty({"name": recorded["name"], "annotations": annotations})

    def unrepresentable(self, stored: StoredResource) -> Iterator[str]:
        return unrepresentable(stored)

    def set_v3_defaults(self, metadata: dict[str, Any], spec: dict[str, Any]) -> None:
        """Set the types. A manifest without types and a stored object without types have different meanings."""
        if not spec.get("types"):
            inferred = _infer_types(spec.get("ingress") or [], spec.get("egress") or [])
            spec["types"] = [name.capitalize() for name in inferred]

    def keep_v3_fields(self, existing: Mapping[str, Any], spec: dict[str, Any]) -> None:
        """Remove applyOnForward when doNotTrack and preDNAT are removed. Set without these, it is a v3-only field."""
        if _is_untracked(existing) and not _is_untracked(spec):
            spec.pop("applyOnForward", None)

    def stored_name(self, identifier: Identifier) -> str:
        return v3_policy_name(identifier.values[0])

    def name_from_key(self, key_name: str, value: bytes) -> str | None:
        """Return the name from the key, unless the annotation may contain another one."""
        name = key_name.removeprefix(LEGACY_TIER_PREFIX)
        if METADATA_ANNOTATION.encode() not in value:
            return name
        expected = f'"{METADATA_ANNOTATION}":"{{\\"name\\":\\"{name}\\"}}"'
        return name if expected.encode() in value else None

    def key_segments(self, name: str) -> tuple[str, ...]:
        return (name, LEGACY_TIER_PREFIX + name)

    def segment_for_new(self, segments: tuple[str, ...], legacy: bool) -> str:
        return segments[-1 if legacy else 0]

    def set_layout_metadata(self, metadata: dict[str, Any], spec: dict[str, Any], segment: str, is_new: bool) -> None:
        """Set the name annotation and the tier. Calico 3.31 and earlier have the tier in the key only."""
        if not is_new:
            return  # an object keeps its form
        is_legacy = segment.startswith(LEGACY_TIER_PREFIX)
        annotations = metadata.setdefault("annotations", {})
        if METADATA_ANNOTATION not in annotations:
            name = segment.removeprefix(LEGACY_TIER_PREFIX) if is_legacy else segment
            annotations[METADATA_ANNOTATION] = f'{{"name":{json.dumps(name)}}}'
        if not is_legacy:
            tier = spec.setdefault("tier", DEFAULT_TIER)
            metadata.setdefault("labels", {}).setdefault(TIER_LABEL, tier)


def has_legacy_layout(stored: StoredResource) -> bool:
    """Return whether a policy has the layout of Calico 3.31 and earlier: the tier in its key, and not in its name."""
    return stored.segment.startswith(LEGACY_TIER_PREFIX) and _displayed_name(stored) != stored.segment


def _displayed_name(stored: StoredResource) -> str:
    """Return the name as Calico 3.30 and later: from the annotation, else from the key without the default tier."""
    try:
        name = decode_json(stored.annotations.get(METADATA_ANNOTATION, "{}").encode()).get("name")
    except CorruptEntryError:
        name = None
    return name if isinstance(name, str) and name else stored.segment.removeprefix(LEGACY_TIER_PREFIX)


POLICY = _Policy()
