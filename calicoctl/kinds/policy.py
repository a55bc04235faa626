"""The kind policy: rules for all endpoints that a selector selects; a GlobalNetworkPolicy in the store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.kind import Column, Kind, V3Object
from calicoctl.kinds.membership import ANNOTATION as SET_ANNOTATION
from calicoctl.kinds.names import is_qualified_name, is_subdomain, policy_name
from calicoctl.kinds.numbers import normal_float, short_float
from calicoctl.kinds.record import ANNOTATION as RECORD_ANNOTATION
from calicoctl.kinds.rulechecks import Finding, check_rules
from calicoctl.kinds.rules import normal_rules, normal_selector, pruned, rules_to_v3, selector_to_v3
from calicoctl.kinds.v3only import beyond_v1, shown_rules
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource

TIER = "default"
LEGACY_PREFIX = "default."
"""What Calico before 3.32 puts before the name of a policy in its key: the tier."""

METADATA_ANNOTATION = "projectcalico.org/metadata"
"""Where Calico 3.30 and later keep the name that users see. Never shown."""
_TIER_LABEL = "projectcalico.org/tier"
_RESERVED_PREFIX = "knp.default."


def _stored_name(identifier: Identifier) -> str:
    return policy_name(identifier.values[0])


def _check(manifest: Mapping[str, Any]) -> Iterator[Finding]:
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


def _check_name(name: Any) -> Iterator[Finding]:
    if not isinstance(name, str) or not name:
        return
    if name.startswith(_RESERVED_PREFIX):
        yield (
            ("metadata", "name"),
            f"names with '{_RESERVED_PREFIX}' belong to Kubernetes (choose another name)",
        )
    elif not is_subdomain(policy_name(name)):
        yield ("metadata", "name"), f"{name!r} has no letter or digit to store it by (choose another name)"


def _check_untracked(spec: Mapping[str, Any]) -> Iterator[Finding]:
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


def _normal(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, spec = manifest["metadata"], manifest.get("spec", {})
    ingress, egress = (normal_rules(spec.get(direction, ())) for direction in ("ingress", "egress"))
    return (
        pruned({"name": metadata["name"], "annotations": metadata.get("annotations")}),
        {
            **pruned({"order": normal_float(spec.get("order")), "ingress": ingress, "egress": egress}),
            "selector": normal_selector(spec.get("selector", "")),
            **pruned({"doNotTrack": spec.get("doNotTrack"), "preDNAT": spec.get("preDNAT")}),
            "types": list(spec.get("types", ())) or _inferred_types(ingress, egress),
        },
    )


def _inferred_types(ingress: list[Any], egress: list[Any]) -> list[str]:
    """The directions of a policy that names none, as calicoctl 1.6 fills them in."""
    if not egress:
        return ["ingress"]
    return ["ingress", "egress"] if ingress else ["egress"]


def _to_v3(policy: Resource) -> V3Object:
    spec = policy.spec
    untracked = spec.get("doNotTrack") or spec.get("preDNAT")
    v3 = {
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
    return V3Object(pruned(v3), {key: text for key, text in annotations.items() if is_qualified_name(key)})


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = stored.spec
    annotations = {key: text for key, text in stored.annotations.items() if key != METADATA_ANNOTATION}
    return (
        pruned({"name": _shown_name(stored), "annotations": annotations}),
        {
            **pruned(
                {
                    "order": normal_float(spec.get("order")),
                    "ingress": shown_rules(spec.get("ingress")),
                    "egress": shown_rules(spec.get("egress")),
                }
            ),
            "selector": spec.get("selector") or "",
            **pruned({"doNotTrack": spec.get("doNotTrack"), "preDNAT": spec.get("preDNAT")}),
            # The agent applies a policy that was stored without types to both directions.
            "types": [str(name).lower() for name in spec.get("types") or ("ingress", "egress")],
        },
    )


def _shown_name(stored: StoredResource) -> str:
    """The name that Calico 3.30 and later show: the annotation's, else the key's without the default tier."""
    try:
        name = json.loads(stored.annotations.get(METADATA_ANNOTATION, "{}")).get("name")
    except (ValueError, AttributeError):
        name = None
    return name if isinstance(name, str) and name else stored.segment.removeprefix(LEGACY_PREFIX)


def _plain_name(place: str, value: bytes) -> str | None:
    """The name from the key, unless the annotation says another one than Calico writes beside such a key."""
    name = place.removeprefix(LEGACY_PREFIX)
    if METADATA_ANNOTATION.encode() not in value:
        return name
    usual = f'"{METADATA_ANNOTATION}":"{{\\"name\\":\\"{name}\\"}}"'
    return name if usual.encode() in value else None


def _segments(name: str) -> tuple[str, ...]:
    return (name, LEGACY_PREFIX + name)


def _dress(metadata: dict[str, Any], spec: dict[str, Any], segment: str, new: bool) -> None:
    """What the two layouts want: Calico 3.32 names the tier, earlier ones have it in the key only."""
    legacy = segment.startswith(LEGACY_PREFIX)
    if legacy and not new:
        return  # written in place, in the shape that it has
    name = segment.removeprefix(LEGACY_PREFIX) if legacy else segment
    annotations = metadata.setdefault("annotations", {})
    if METADATA_ANNOTATION not in annotations:
        annotations[METADATA_ANNOTATION] = f'{{"name":{json.dumps(name)}}}'
    if not legacy:
        tier = spec.setdefault("tier", TIER)
        metadata.setdefault("labels", {}).setdefault(_TIER_LABEL, tier)


def _fill_in(_metadata: dict[str, Any], spec: dict[str, Any]) -> None:
    """The types of a manifest that names none; an object that was stored without them means something else."""
    if not spec.get("types"):
        inferred = _inferred_types(spec.get("ingress") or [], spec.get("egress") or [])
        spec["types"] = [name.capitalize() for name in inferred]


def _adjust(existing: Mapping[str, Any], spec: dict[str, Any]) -> None:
    """ApplyOnForward comes and goes with doNotTrack and preDNAT; set without them it is v3's and stays."""
    untracked = [bool(part.get("doNotTrack") or part.get("preDNAT")) for part in (existing, spec)]
    if untracked == [True, False]:
        spec.pop("applyOnForward", None)


def _refit(recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The recorded name, and those annotations that v3 could not hold."""
    kept = {key: text for key, text in (recorded.get("annotations") or {}).items() if not is_qualified_name(key)}
    annotations = {**metadata.get("annotations", {}), **kept}
    return pruned({"name": recorded["name"], "annotations": annotations})


POLICY = Kind(
    name="policy",
    aliases=("policies", "pol", "pols"),
    identified_by=("name",),
    columns=(
        Column("NAME", "metadata.name"),
        Column(
            "ORDER",
            "spec.order",
            wide=True,
            show=lambda order: "<nil>" if order is None else short_float(order),
        ),
        Column("SELECTOR", "spec.selector", wide=True),
    ),
    stored_as=StoredKind("GlobalNetworkPolicy", "globalnetworkpolicies"),
    owned=("order", "ingress", "egress", "selector", "types", "doNotTrack", "preDNAT"),
    check=_check,
    normal=_normal,
    stored_name=_stored_name,
    to_v3=_to_v3,
    from_v3=_from_v3,
    plain_name=_plain_name,
    beyond=beyond_v1,
    segments=_segments,
    place_new=lambda places, legacy: places[-1 if legacy else 0],
    dress=_dress,
    adjust=_adjust,
    refit=_refit,
    fill_in=_fill_in,
)
