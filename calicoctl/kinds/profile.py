"""The kind profile: labels and rules of the Docker network of the same name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.kind import Column, Kind, V3Object, format_labels
from calicoctl.kinds.rules.checks import check_rules
from calicoctl.kinds.rules.convert import normalize_rules, rules_to_v3, without_empty
from calicoctl.kinds.rules.v3_only import unrepresentable, v1_view
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import has_qualifier, is_subdomain, v3_profile_name
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource

BUILT_IN_PROFILE = "projectcalico-default-allow"


def _stored_name(identifier: Identifier) -> str:
    return v3_profile_name(identifier.values[0])


def _check(manifest: Mapping[str, Any]) -> Iterator[FieldFinding]:
    metadata = manifest.get("metadata")
    if isinstance(metadata, dict):
        yield from _check_name(metadata.get("name"))
        yield from _check_tags(metadata)
    if isinstance(spec := manifest.get("spec"), dict):
        yield from check_rules(spec)


def _check_name(name: Any) -> Iterator[FieldFinding]:
    if not isinstance(name, str) or not name:
        return
    if v3_profile_name(name) == BUILT_IN_PROFILE:
        yield (
            ("metadata", "name"),
            f"'{BUILT_IN_PROFILE}' is built into Calico and can't be written (choose another name)",
        )
    elif not is_subdomain(v3_profile_name(name)):
        yield ("metadata", "name"), f"{name!r} has no letter or digit to store it by (choose another name)"


def _check_tags(metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
    """A tag is stored as a label with an empty value, so no label can have its name."""
    tags, labels = metadata.get("tags"), metadata.get("labels")
    if isinstance(tags, list) and isinstance(labels, dict):
        for index, tag in enumerate(tags):
            if isinstance(tag, str) and tag in labels:
                yield ("metadata", "tags", index), f"there is a label {tag!r} too (rename one of them)"


def _normalize(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, spec = manifest["metadata"], manifest.get("spec", {})
    return (
        without_empty(
            {
                "name": metadata["name"],
                "tags": list(dict.fromkeys(metadata.get("tags", ()))),
                "labels": metadata.get("labels"),
            }
        ),
        without_empty({direction: normalize_rules(spec.get(direction, ())) for direction in ("ingress", "egress")}),
    )


def _to_v3(profile: Resource) -> V3Object:
    labels = {**profile.metadata.get("labels", {}), **dict.fromkeys(profile.metadata.get("tags", ()), "")}
    spec = {
        "ingress": rules_to_v3(profile.spec.get("ingress", ())),
        "egress": rules_to_v3(profile.spec.get("egress", ())),
        "labelsToApply": dict(sorted(labels.items())),
    }
    return V3Object(without_empty(spec), {})


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    """Labels come back as labels: nothing in v3 tells a tag from a label with an empty value."""
    spec = stored.spec
    return (
        without_empty({"name": stored.segment, "labels": spec.get("labelsToApply")}),
        without_empty({direction: v1_view(spec.get(direction)) for direction in ("ingress", "egress")}),
    )


def _restore_recorded_metadata(recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The recorded name, and as tags those recorded tags that are still there."""
    labels = metadata.get("labels", {})
    tags = [tag for tag in recorded.get("tags", ()) if labels.get(tag) == ""]
    labels = {key: value for key, value in labels.items() if key not in tags}
    return without_empty({"name": recorded["name"], "tags": tags, "labels": labels})


def _warn(profile: Resource) -> Iterator[FieldFinding]:
    if "calico/k8s_ns" in profile.metadata.get("labels", {}):
        yield (
            ("metadata", "labels", "calico/k8s_ns"),
            "the label is kept, but selectors are stored with projectcalico.org/namespace in its place, "
            "so they do not select it",
        )


PROFILE = Kind(
    name="profile",
    aliases=("profiles", "pro", "pros"),
    identifying_fields=("name",),
    columns=(
        Column("NAME", "metadata.name"),
        Column("TAGS", "metadata.tags", wide_only=True, format_value=lambda tags: ",".join(tags or ())),
        Column("LABELS", "metadata.labels", custom_only=True, format_value=format_labels),
    ),
    stored_kind=StoredKind("Profile", "profiles"),
    owned_fields=("ingress", "egress", "labelsToApply"),
    check=_check,
    normalize=_normalize,
    stored_name=_stored_name,
    # Calico 3 has the profiles of Kubernetes namespaces under another name.
    is_unique_name=lambda identifier, name: (
        identifier.values[0].startswith("k8s_ns.") or has_qualifier(identifier.values[0], name)
    ),
    to_v3=_to_v3,
    from_v3=_from_v3,
    name_from_key=lambda place, value: place,
    unrepresentable=unrepresentable,
    restore_recorded_metadata=_restore_recorded_metadata,
    warn=_warn,
    renamed_fields={("metadata", "labels"): ("spec", "labelsToApply"), ("metadata", "tags"): ("spec", "labelsToApply")},
)
