"""Network policies of Kubernetes as Calico's network policies; for the analysis only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from calicoctl.conversion.kubernetes_policy import calico_spec
from calicoctl.kinds.workload_endpoint import DEFAULT_NAMESPACE
from calicoctl.manifest import Document
from calicoctl.resource import FieldPath, Identifier
from calicoctl.schema.kubernetes_checks import kubernetes_policy_errors
from calicoctl.schema.store import load_kubernetes_schema
from calicoctl.schema.v3_kinds import KUBERNETES_POLICY_KIND
from calicoctl.schema.v3_objects import LocatedV3Object, read_value
from calicoctl.schema.validate import ValidationResult, checks_for
from calicoctl.storage import StoredResource

_FIELDS = {"selector": "podSelector", "types": "policyTypes"}
"""Fields of the spec of Calico's policy, with the field of Kubernetes that each comes from."""


def read_kubernetes_policy(
    document: Document, result: ValidationResult, *, with_positions: bool
) -> LocatedV3Object | None:
    """Return the policy of a manifest of Kubernetes; None, and its problems in the result, if it is not valid."""
    kind = KUBERNETES_POLICY_KIND
    checks = checks_for(kind.kind, load_kubernetes_schema)
    value = read_value(document, checks, result, is_complete=True, other_errors=kubernetes_policy_errors)
    if value is None:
        return None
    metadata = {"name": value["metadata"]["name"], "namespace": value["metadata"].get("namespace") or DEFAULT_NAMESPACE}
    spec, rule_indexes = calico_spec(value.get("spec") or {})
    identifier = Identifier(kind.kind, (metadata["namespace"], metadata["name"]))
    source_path = partial(_source_path, rule_indexes)
    return LocatedV3Object(
        identifier,
        document.position(document.node),
        locate_field=(lambda path: document.locate_field(source_path(path))) if with_positions else None,
        source_path=source_path,
        v1_kind=None,
        stored_kind=kind,
        stored=StoredResource(kind.key("/".join(identifier.values)), metadata, spec),
    )


def _source_path(rule_indexes: Mapping[str, Sequence[int]], path: FieldPath) -> FieldPath:
    """Return the path in the manifest of a field of Calico's policy: that of a rule is the rule that it comes from."""
    section, *steps = path or ("",)
    if not steps or section != "spec":
        return path
    field = str(steps[0])
    if field in rule_indexes and len(steps) > 1:
        return (section, field, rule_indexes[field][int(steps[1])])
    return (section, _FIELDS.get(field, field))
