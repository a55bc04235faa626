"""Documents that are no resources: policy tests, which lie beside the policy that they test."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from calicoctl.errors import Position, Problem
from calicoctl.findings import DOCUMENT, UNREADABLE
from calicoctl.manifest.documents import Document, Manifest
from calicoctl.manifest.nodes import ScalarNode

POLICY_TEST = "policyTest"
"""The kind of these documents."""


def is_policy_test(document: Document) -> bool:
    """Whether a document is a policy test."""
    kind = document.node.get("kind")
    return isinstance(kind, ScalarNode) and kind.text == POLICY_TEST


def split_tests(documents: Sequence[Document], paths: Sequence[str]) -> tuple[list[Document], list[Document]]:
    """The documents without the policy tests that lie in directories, and these tests.

    One that is named itself stays, for whoever reads resources to refuse it.
    """
    tests: list[Document] = []
    others: list[Document] = []
    for document in documents:
        is_test = is_policy_test(document) and document.source.name not in paths
        (tests if is_test else others).append(document)
    return others, tests


def only_tests_problem(paths: Sequence[str]) -> Problem:
    """The problem of there being nothing but policy tests."""
    message = f"there are only policy tests ({_run_hint(paths[0])})"
    return Problem(Position(paths[0]), message=message, code=UNREADABLE)


def remove_tests(manifest: Manifest, paths: Sequence[str]) -> list[Document]:
    """Take the policy tests that lie in directories out of a manifest, and give them.

    That there is nothing else is a problem.
    """
    manifest.documents, tests = split_tests(manifest.documents, paths)
    if tests and not (manifest.documents or manifest.problems):
        manifest.problems.append(only_tests_problem(paths))
    return tests


def policy_test_problem(document: Document) -> Problem:
    """What to say of a policy test where a resource belongs."""
    position = document.locate_field(("kind",))
    message = f"is a policy test, which is no resource ({_run_hint(document.source.name)})"
    return Problem(position, document.subject, "", message, DOCUMENT)


def _run_hint(path: str) -> str:
    return f"run it: calicoctl test {shlex.quote(path)}"
