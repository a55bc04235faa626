"""Documents that are not v1 resources: v3 manifests, policy tests, stored objects, manifests of other APIs."""

from __future__ import annotations

import shlex

from calicoctl.errors import Problem
from calicoctl.findings import DOCUMENT
from calicoctl.manifest import Document
from calicoctl.manifest.nodes import ScalarNode
from calicoctl.manifest.policy_tests import is_policy_test, policy_test_problem
from calicoctl.manifest.stored_objects import is_stored_object, stored_object_problem
from calicoctl.manifest.v3_lists import is_v3
from calicoctl.resource import API_VERSION
from calicoctl.schema.explain import SchemaError
from calicoctl.schema.problems import kind_name, problem_at
from calicoctl.schema.v3_kinds import ANALYSIS_COMMANDS, OTHER_KINDS, V3_ONLY_KINDS

_KUBERNETES_GROUP = "networking.k8s.io/"


def foreign_document_problem(document: Document) -> Problem | None:
    """Return the problem of a document that is a v3 manifest, a policy test, or a manifest of another API."""
    if is_v3(document):
        return Problem(document.locate_field(("apiVersion",)), document.subject, "", _v3_message(document), DOCUMENT)
    if is_policy_test(document):
        return policy_test_problem(document)
    if is_stored_object(document):
        return stored_object_problem(document)
    if is_kubernetes_policy(document):
        message = f"is a network policy of Kubernetes ({ANALYSIS_COMMANDS} read it)"
        return Problem(document.locate_field(("apiVersion",)), document.subject, "", message, DOCUMENT)
    version = document.node.get("apiVersion")
    if isinstance(version, ScalarNode) and "/" in version.text:
        message = f"{version.text!r} is not Calico v1 (this tool takes apiVersion: {API_VERSION})"
        return problem_at(document, SchemaError(("apiVersion",), message, code=DOCUMENT))
    return None


def is_kubernetes_policy(document: Document) -> bool:
    """Return whether a document is a network policy of Kubernetes."""
    return document.node.get_text("apiVersion").startswith(_KUBERNETES_GROUP) and kind_name(document) == "NetworkPolicy"


def _v3_message(document: Document) -> str:
    """Return the message for a v3 manifest: the command that converts it, or the readers of a kind that v1 lacks."""
    name = kind_name(document)
    if name in V3_ONLY_KINDS:
        return f"is a Calico v3 manifest of a kind that v1 does not have ({ANALYSIS_COMMANDS} read it)"
    if name in OTHER_KINDS:
        return "is a Calico v3 manifest of a kind that v1 does not have (use calicoctl of Calico 3)"
    return f"is a Calico v3 manifest (convert it: calicoctl convert -f {shlex.quote(document.source.name)} --to v1)"
