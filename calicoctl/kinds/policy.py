"""The kind policy: rules for all endpoints that a selector selects; a GlobalNetworkPolicy in the store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.kind import Column, Kind, V3Object
from calicoctl.kinds.rules.checks import check_rules
from calicoctl.kinds.rules.convert import (
    normalize_rules,
    normalize_selector,
    rules_to_v3,
    selector_to_v3,
    without_empty,
)
from calicoctl.kinds.rules.v3_only import unrepresentable, v1_view
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import is_qualified_name, is_subdomain, v3_policy_name
from calicoctl.kinds.values.numbers import format_short_float, normalize_float
from calicoctl.kinds.values.set_membership import SET_ANNOTATION
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import RECORD_ANNOTATION, StoredKind, StoredResource

DEFAULT_TIER = "default"
LEGACY_TIER_PREFIX = "default."
"""What Calico before 3.32 puts before the name of a policy in its key: the tier."""

METADATA_ANNOTATION = "projectcalico.org/metadata"
"""Where Calico 3.30 and later keep the name that users see. Never shown."""
_TIER_LABEL = "projectcalico.org/tier"
_KUBERNETES_NAME_PREFIX = "knp.default."


def _stored_name(identifier: Identifier) -> str:
    return v3_policy_name(identifier.values[0])


def _check(manifest: Mapping[str, Any]) -> Iterator[FieldFinding]:
    if isinstance(metadata := manifest.get("metadata"), dict):
        yield from _check_name(metadata.get("name"))
        annotations = metadata.get("annotations")
        for key in annotations if isinstance(annotations, dict) else ():
            if key in {METADATA_ANNOTATION, RECORD_ANNOTATION, SET_ANNOTATION}:
                yield (
                    ("metadata", "annotations", key),
                    "is written by Calico and calicoctl themselves (leave it out)",
                )
    if isinstance(spec := manifest.get("spec"), dict):
        yield from check_rules(spec)
        yield from _check_untracked(spec)


def _check_name(name: Any) -> Iterator[FieldFinding]:
    if not isinstance(name, str) or not name:
        return
    if name.startswith(_KUBERNETES_NAME_PREFIX):
        yield (
            ("metadata", "name"),
            f"names with '{_KUBERNETES_NAME_PREFIX}' belong to Kubernetes (choose another name)",
        )
    elif not is_subdomain(v3_policy_name(name)):
        yield ("metadata", "name"), f"{name!r} has no letter or digit to store it by (choose another name)"


def _check_untracked(spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
    if spec.get("preDNAT") is not True:
        return
    if spec.get("doNotTrack") is True:
        yield ("spec", "preDNAT"), "preDNAT and doNotTrack exclude each other (choose one)"
    if spec.get("egress"):
        yield ("spec", "egress"), "a preDNAT policy has no egress rules (leave them out)"
    types = spec.get("types")
    if isinstance(types, list) and "egress" in types:
        yield (
            ("spec", "types", types.index("egress")),
            "a preDNAT policy governs ingress only (leave out egress)",
        )


def _normalize(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, spec = manifest["metadata"], manifest.get("spec", {})
    ingress, egress = (normalize_rules(spec.get(direction, ())) for direction in ("ingress", "egress"))
    return (
        without_empty({"name": metadata["name"], "annotations": metadata.get("annotations")}),
        {
            **without_empty({"order": normalize_float(spec.get("order")), "ingress": ingress, "egress": egress}),
            "selector": normalize_selector(spec.get("selector", "")),
            **without_empty({"doNotTrack": spec.get("doNotTrack"), "preDNAT": spec.get("preDNAT")}),
            "types": list(spec.get("types", ())) or _infer_types(ingress, egress),
        },
    )


def _infer_types(ingress: list[Any], egress: list[Any]) -> list[str]:
    """The directions of a policy that names none, as calicoctl 1.6 fills them in."""
    if not egress:
        return ["ingress"]
    return ["ingress", "egress"] if ingress else ["egress"]


def _to_v3(policy: Resource) -> V3Object:
    spec = policy.spec
    untracked = spec.get("doNotTrack") or spec.get("preDNAT")
    v3_spec = {
        "order": spec.get("order"),
        "ingress": rules_to_v3(spec.get("ingress", ())),
        "egress": rules_to_v3(spec.get("egress", ())),
        "selector": selector_to_v3(spec["selector"]),
        "types": [name.capitalize() for name in spec["types"]],
        "doNotTrack": spec.get("doNotTrack"),
        "preDNAT": spec.get("preDNAT"),
        "applyOnForward": bool(untracked),  # Calico 3 refuses either without it
    }
    annotations = policy.metadata.get("annotations", {})
    return V3Object(without_empty(v3_spec), {key: text for key, text in annotations.items() if is_qualified_name(key)})


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = stored.spec
    annotations = {key: text for key, text in stored.annotations.items() if key != METADATA_ANNOTATION}
    return (
        without_empty({"name": _displayed_name(stored), "annotations": annotations}),
        {
            **without_empty(
                {
                    "order": normalize_float(spec.get("order")),
                    "ingress": v1_view(spec.get("ingress")),
                    "egress": v1_view(spec.get("egress")),
                }
            ),
            "selector": spec.get("selector") or "",
            **without_empty({"doNotTrack": spec.get("doNotTrack"), "preDNAT": spec.get("preDNAT")}),
            # The agent applies a policy that was stored without types to both directions.
            "types": [str(name).lower() for name in spec.get("types") or ("ingress", "egress")],
        },
    )


def _displayed_name(stored: StoredResource) -> str:
    """The name that Calico 3.30 and later show: the annotation's, else the key's without the default tier."""
    try:
        name = json.loads(stored.annotations.get(METADATA_ANNOTATION, "{}")).get("name")
    except (ValueError, AttributeError):
        name = None
    return name if isinstance(name, str) and name else stored.segment.removeprefix(LEGACY_TIER_PREFIX)


def _name_from_key(key_name: str, value: bytes) -> str | None:
    """The name from the key, unless the annotation says another one than Calico writes beside such a key."""
    name = key_name.removeprefix(LEGACY_TIER_PREFIX)
    if METADATA_ANNOTATION.encode() not in value:
        return name
    expected = f'"{METADATA_ANNOTATION}":"{{\\"name\\":\\"{name}\\"}}"'
    return name if expected.encode() in value else None


def _key_segments(name: str) -> tuple[str, ...]:
    return (name, LEGACY_TIER_PREFIX + name)


def _set_layout_metadata(metadata: dict[str, Any], spec: dict[str, Any], segment: str, is_new: bool) -> None:
    """What the two layouts want: Calico 3.32 names the tier, earlier ones have it in the key only."""
    is_legacy = segment.startswith(LEGACY_TIER_PREFIX)
    if is_legacy and not is_new:
        return  # written in place, in the shape that it has
    name = segment.removeprefix(LEGACY_TIER_PREFIX) if is_legacy else segment
    annotations = metadata.setdefault("annotations", {})
    if METADATA_ANNOTATION not in annotations:
        annotations[METADATA_ANNOTATION] = f'{{"name":{json.dumps(name)}}}'
    if not is_legacy:
        tier = spec.setdefault("tier", DEFAULT_TIER)
        metadata.setdefault("labels", {}).setdefault(_TIER_LABEL, tier)


def _set_v3_defaults(_metadata: dict[str, Any], spec: dict[str, Any]) -> None:
    """The types of a manifest that names none; an object that was stored without them means something else."""
    if not spec.get("types"):
        inferred = _infer_types(spec.get("ingress") or [], spec.get("egress") or [])
        spec["types"] = [name.capitalize() for name in inferred]


def _keep_v3_fields(existing: Mapping[str, Any], spec: dict[str, Any]) -> None:
    """ApplyOnForward comes and goes with doNotTrack and preDNAT; set without them it is v3's and stays."""
    untracked = [bool(part.get("doNotTrack") or part.get("preDNAT")) for part in (existing, spec)]
    if untracked == [True, False]:
        spec.pop("applyOnForward", None)


def _restore_recorded_metadata(recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The recorded name, and those annotations that v3 could not hold."""
    recorded_only = {
        key: text for key, text in (recorded.get("annotations") or {}).items() if not is_qualified_name(key)
    }
    annotations = {**metadata.get("annotations", {}), **recorded_only}
    return without_empty({"name": recorded["name"], "annotations": annotations})


POLICY = Kind(
    name="policy",
    aliases=("policies", "pol", "pols"),
    identifying_fields=("name",),
    columns=(
        Column("NAME", "metadata.name"),
        Column(
            "ORDER",
            "spec.order",
            wide_only=True,
            format_value=lambda order: "<nil>" if order is None else format_short_float(order),
        ),
        Column("SELECTOR", "spec.selector", wide_only=True),
    ),
    stored_kind=StoredKind("GlobalNetworkPolicy", "globalnetworkpolicies"),
    owned_fields=("order", "ingress", "egress", "selector", "types", "doNotTrack", "preDNAT"),
    check=_check,
    normalize=_normalize,
    stored_name=_stored_name,
    to_v3=_to_v3,
    from_v3=_from_v3,
    name_from_key=_name_from_key,
    unrepresentable=unrepresentable,
    key_segments=_key_segments,
    segment_for_new=lambda places, legacy: places[-1 if legacy else 0],
    set_layout_metadata=_set_layout_metadata,
    keep_v3_fields=_keep_v3_fields,
    restore_recorded_metadata=_restore_recorded_metadata,
    set_v3_defaults=_set_v3_defaults,
)
