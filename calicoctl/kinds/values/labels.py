"""Labels that Calico gives a meaning."""

from __future__ import annotations

from collections.abc import Mapping

V1_NAMESPACE_LABEL = "calico/k8s_ns"
"""The v1 label with the Kubernetes namespace of a workload."""
NAMESPACE_LABEL = "projectcalico.org/namespace"
"""The v3 label with the namespace of a workload."""
ORCHESTRATOR_LABEL = "projectcalico.org/orchestrator"
KUBERNETES = "k8s"
"""Orchestrator of pods."""
SERVICE_ACCOUNT_LABEL = "projectcalico.org/serviceaccount"
TIER_LABEL = "projectcalico.org/tier"
NAMESPACE_LABEL_PREFIX = "pcns."
"""Prefix of the labels of a workload's namespace. The profile of the namespace passes them on to the workload."""
SERVICE_ACCOUNT_LABEL_PREFIX = "pcsa."
"""Prefix of the labels of a workload's service account."""


def labels_to_v3(labels: Mapping[str, str]) -> dict[str, str]:
    """Return v1 labels under their v3 names."""
    result = dict(labels)
    if V1_NAMESPACE_LABEL in result:
        result[NAMESPACE_LABEL] = result.pop(V1_NAMESPACE_LABEL)
    return result


def selector_to_v3(selector: str) -> str:
    """Return the selector with the v3 name of the namespace label.

    The name is replaced everywhere in the text, as in the converters of Calico's upgrade tool.
    """
    return selector.replace(V1_NAMESPACE_LABEL, NAMESPACE_LABEL)


def with_location_labels(labels: Mapping[str, str], namespace: str, orchestrator: str) -> dict[str, str]:
    """Return v3 labels with namespace and orchestrator of an endpoint; policy can select by these."""
    return {NAMESPACE_LABEL: namespace, ORCHESTRATOR_LABEL: orchestrator, **labels}
