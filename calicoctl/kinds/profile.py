"""The kind profile: labels and rules of the Docker network of the same name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.kind import Column, Kind, V3Object, shown_labels
from calicoctl.kinds.names import has_qualifier, is_subdomain, profile_name
from calicoctl.kinds.rulechecks import Finding, check_rules
from calicoctl.kinds.rules import normal_rules, pruned, rules_to_v3
from calicoctl.kinds.v3only import beyond_v1, shown_rules
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource

BUILT_IN = "projectcalico-default-allow"


def _stored_name(identifier: Identifier) -> str:
    return profile_name(identifier.values[0])


def _check(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    metadata = manifest.get("metadata")
    if isinstance(metadata, dict):
        yield from _check_name(metadata.get("name"))
        yield from _check_tags(metadata)
    if isinstance(spec := manifest.get("spec"), dict):
        yield from check_rules(spec)


def _check_name(name: Any) -> Iterator[Finding]:
    if not isinstance(name, str) or not name:
        return
    if profile_name(name) == BUILT_IN:
        yield (
            ("metadata", "name"),
            f"'{BUILT_IN}' is built into Calico and can't be written (choose another name)",
        )
    elif not is_subdomain(profile_name(name)):
        yield ("metadata", "name"), f"{name!r} has no letter or digit to store it by (choose another name)"


def _check_tags(metadata: Mapping[str, Any]) -> Iterator[Finding]:
    """A tag is stored as a label with an empty value, so no label can have its name."""
    tags, labels = metadata.get("tags"), metadata.get("labels")
    if isinstance(tags, list) and isinstance(labels, dict):
        for index, tag in enumerate(tags):
            if isinstance(tag, str) and tag in labels:
                yield ("metadata", "tags", index), f"there is a label {tag!r} too (rename one of them)"


def _normal(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, spec = manifest["metadata"], manifest.get("spec", {})
    return (
        pruned(
            {
                "name": metadata["name"],
                "tags": list(dict.fromkeys(metadata.get("tags", ()))),
                "labels": metadata.get("labels"),
            }
        ),
        pruned({direction: normal_rules(spec.get(direction, ())) for direction in ("ingress", "egress")}),
    )


def _to_v3(profile: Resource) -> V3Object:
    labels = {**profile.metadata.get("labels", {}), **dict.fromkeys(profile.metadata.get("tags", ()), "")}
    spec = {
        "ingress": rules_to_v3(profile.spec.get("ingress", ())),
        "egress": rules_to_v3(profile.spec.get("egress", ())),
        "labelsToApply": dict(sorted(labels.items())),
    }
    return V3Object(pruned(spec), {})


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    """Labels come back as labels: nothing in v3 tells a tag from a label with an empty value."""
    spec = stored.spec
    return (
        pruned({"name": stored.segment, "labels": spec.get("labelsToApply")}),
        pruned({direction: shown_rules(spec.get(direction)) for direction in ("ingress", "egress")}),
    )


def _refit(recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The recorded name, and as tags those recorded tags that are still there."""
    labels = metadata.get("labels", {})
    tags = [tag for tag in recorded.get("tags", ()) if labels.get(tag) == ""]
    labels = {key: value for key, value in labels.items() if key not in tags}
    return pruned({"name": recorded["name"], "tags": tags, "labels": labels})


def _warn(profile: Resource) -> Iterator[Finding]:
    if "calico/k8s_ns" in profile.metadata.get("labels", {}):
        yield (
            ("metadata", "labels", "calico/k8s_ns"),
            "the label is kept, but selectors are stored with projectcalico.org/namespace in its place, "
            "so they do not select it",
        )


PROFILE = Kind(
    name="profile",
    aliases=("profiles", "pro", "pros"),
    identified_by=("name",),
    columns=(
        Column("NAME", "metadata.name"),
        Column("TAGS", "metadata.tags", wide=True, show=lambda tags: ",".join(tags or ())),
        Column("LABELS", "metadata.labels", custom=True, show=shown_labels),
    ),
    stored_as=StoredKind("Profile", "profiles"),
    owned=("ingress", "egress", "labelsToApply"),
    check=_check,
    normal=_normal,
    stored_name=_stored_name,
    # Calico 3 has the profiles of Kubernetes namespaces under another name.
    unmistakable=lambda identifier, name: (
        identifier.values[0].startswith("k8s_ns.") or has_qualifier(identifier.values[0], name)
    ),
    to_v3=_to_v3,
    from_v3=_from_v3,
    plain_name=lambda place, value: place,
    beyond=beyond_v1,
    refit=_refit,
    warn=_warn,
    moved={("metadata", "labels"): ("spec", "labelsToApply"), ("metadata", "tags"): ("spec", "labelsToApply")},
)
