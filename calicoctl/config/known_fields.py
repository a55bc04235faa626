"""Fields of a configuration file, including ignored fields."""

from __future__ import annotations

from calicoctl.config.settings import SETTINGS

TOP_LEVEL_FIELDS = ("apiVersion", "kind", "metadata", "spec")

# Fields of the Kubernetes datastore in calicoctl 1.6.5 and Calico 3 (libcalico-go apiconfig.KubeConfig).
KUBERNETES_FIELDS = (
    "kubeconfig",
    "kubeconfigInline",
    "k8sAPIEndpoint",
    "k8sKeyFile",
    "k8sCertFile",
    "k8sCAFile",
    "k8sAPIToken",
    "k8sInsecureSkipTLSVerify",
    "k8sDisableNodePoll",
    "k8sClientQPS",
    "k8sClientBurst",
    "k8sCurrentContext",
    "usePodCIDR",
    "calicoAPIGroup",
)
SPEC_FIELDS = (*(setting.field for setting in SETTINGS), *KUBERNETES_FIELDS)

# ObjectMeta of Kubernetes (apimachinery meta/v1).
METADATA_FIELDS = (
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
)

SECTIONS = {"": TOP_LEVEL_FIELDS, "metadata": METADATA_FIELDS, "spec": SPEC_FIELDS}
"""Fields by section; the section of the top level is an empty text."""


def section_of(field: str, excluded: str) -> str | None:
    """Return the section that a field belongs to, or None for a field that is unknown or only in `excluded`."""
    return next((name for name, fields in SECTIONS.items() if name != excluded and field in fields), None)
