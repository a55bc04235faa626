"""The kind profile: labels and rules that endpoints inherit, such as those of a Docker network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.column import Column, format_labels, format_list
from calicoctl.kinds.field_table import FieldTable, without_empty
from calicoctl.kinds.kind import Kind, V3Object, check_stored_name
from calicoctl.kinds.rules.checks import check_rules
from calicoctl.kinds.rules.spec_fields import RULE_LISTS
from calicoctl.kinds.rules.v3_only import unrepresentable
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.labels import NAMESPACE_LABEL, V1_NAMESPACE_LABEL
from calicoctl.kinds.values.names import NAMESPACE_PROFILE_PREFIX, v3_profile_name
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource

BUILT_IN_PROFILE = "projectcalico-default-allow"


class _Profile(Kind):
    name = "profile"
    aliases = ("profiles", "pro", "pros")
    identifying_fields = ("name",)
    columns = (
        Column("NAME", "metadata.name"),
        Column("TAGS", "metadata.tags", wide_only=True, format_value=format_list),
        Column("LABELS", "metadata.labels", custom_only=True, format_value=format_labels),
    )
    stored_kind = StoredKind("Profile", "profiles")
    spec_fields = FieldTable(*RULE_LISTS)
    v3_identifying_fields = ("labelsToApply",)
    renamed_fields = {
        ("metadata", "labels"): ("spec", "labelsToApply"),
        ("metadata", "tags"): ("spec", "labelsToApply"),
    }

    def check_metadata(self, metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
        name = metadata.get("name")
        if isinstance(name, str) and v3_profile_name(name) == BUILT_IN_PROFILE:
            yield (
                ("metadata", "name"),
                f"'{BUILT_IN_PROFILE}' is a built-in profile (choose another name)",
            )
        else:
            yield from check_stored_name(("metadata", "name"), name, v3_profile_name)
        # v3 stores a tag as a label with an empty value.
        tags, labels = metadata.get("tags"), metadata.get("labels")
        if isinstance(tags, list) and isinstance(labels, dict):
            for index, tag in enumerate(tags):
                if isinstance(tag, str) and tag in labels:
                    yield ("metadata", "tags", index), f"tag {tag!r} is also the name of a label (rename one)"

    def check_spec(self, spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
        return check_rules(spec)

    def warn(self, metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
        if V1_NAMESPACE_LABEL in metadata.get("labels", {}):
            yield (
                ("metadata", "labels", V1_NAMESPACE_LABEL),
                f"selectors do not match this label: they are stored with {NAMESPACE_LABEL} instead",
            )

    def normalize_metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        tags = list(dict.fromkeys(metadata.get("tags", ())))
        return without_empty({"name": metadata["name"], "tags": tags, "labels": metadata.get("labels")})

    def to_v3(self, resource: Resource) -> V3Object:
        metadata = resource.metadata
        labels = {**metadata.get("labels", {}), **dict.fromkeys(metadata.get("tags", ()), "")}
        spec = self.spec_fields.to_v3(resource.spec)
        return V3Object({**spec, "labelsToApply": dict(sorted(labels.items()))} if labels else spec)

    def metadata_from_v3(self, stored: StoredResource) -> dict[str, Any]:
        """Return the metadata, with tags as labels: v3 does not distinguish a tag from a label with an empty value."""
        return without_empty({"name": stored.segment, "labels": stored.spec.get("labelsToApply")})

    def restore_recorded_metadata(self, recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
        """Return the metadata with the recorded name, and those recorded tags whose label still exists."""
        labels = metadata.get("labels", {})
        tags = [tag for tag in recorded.get("tags", ()) if labels.get(tag) == ""]
        labels = {key: value for key, value in labels.items() if key not in tags}
        return without_empty({"name": recorded["name"], "tags": tags, "labels": labels})

    def unrepresentable(self, stored: StoredResource) -> Iterator[str]:
        return unrepresentable(stored)

    def stored_name(self, identifier: Identifier) -> str:
        return v3_profile_name(identifier.values[0])

    def is_unique_name(self, identifier: Identifier, name: str) -> bool:
        # v3 has the profiles of Kubernetes namespaces under another name without a qualifier.
        return identifier.values[0].startswith(NAMESPACE_PROFILE_PREFIX) or super().is_unique_name(identifier, name)

    def name_from_key(self, key_name: str, value: bytes) -> str | None:
        return key_name


PROFILE = _Profile()
