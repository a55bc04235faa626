"""The labels of a workloadEndpoint in v3: one has another name there, and two say where the endpoint belongs."""

from __future__ import annotations

from collections.abc import Mapping

V1_NAMESPACE_LABEL = "calico/k8s_ns"
NAMESPACE_LABEL = "projectcalico.org/namespace"
ORCHESTRATOR_LABEL = "projectcalico.org/orchestrator"


def labels_to_v3(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels of v1 under their v3 names."""
    labels = dict(labels)
    if V1_NAMESPACE_LABEL in labels:
        labels[NAMESPACE_LABEL] = labels.pop(V1_NAMESPACE_LABEL)
    return labels


def with_location_labels(labels: Mapping[str, str], namespace: str, orchestrator: str) -> dict[str, str]:
    """Labels of v3 with those that say where the endpoint belongs; policy can select by them."""
    return {NAMESPACE_LABEL: namespace, ORCHESTRATOR_LABEL: orchestrator, **labels}
