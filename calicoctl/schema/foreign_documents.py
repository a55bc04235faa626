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
from calicoctl.schema.problems import problem_at


def foreign_document_problem(document: Document) -> Problem | None:
    """Return the problem of a document that is a v3 manifest, a policy test, or a manifest of another API."""
    if is_v3(document):
        command = f"calicoctl convert -f {shlex.quote(document.source.name)} --to v1"
        position = document.locate_field(("apiVersion",))
        return Problem(position, document.subject, "", f"is a Calico v3 manifest (convert it: {command})", DOCUMENT)
    if is_policy_test(document):
        return policy_test_problem(document)
    if is_stored_object(document):
        return stored_object_problem(document)
    version = document.node.get("apiVersion")
    if isinstance(version, ScalarNode) and "/" in version.text:
        message = f"{version.text!r} is not Calico v1 (this tool takes apiVersion: {API_VERSION})"
        return problem_at(document, SchemaError(("apiVersion",), message, code=DOCUMENT))
    return None
