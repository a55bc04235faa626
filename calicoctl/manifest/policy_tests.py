"""Policy tests among the documents of a manifest."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from calicoctl.errors import Position, Problem
from calicoctl.findings import DOCUMENT, UNREADABLE
from calicoctl.manifest.document import Document
from calicoctl.manifest.documents import Manifest

POLICY_TEST = "policyTest"
"""Kind of a policy test document."""


def is_policy_test(document: Document) -> bool:
    """Whether a document is a policy test."""
    return document.node.get_text("kind") == POLICY_TEST


def split_tests(documents: Sequence[Document], paths: Sequence[str]) -> tuple[list[Document], list[Document]]:
    """Return the other documents, and the policy tests of directories.

    A policy test of a file in `paths` stays among the other documents; verbs for resources reject it.
    """
    tests: list[Document] = []
    others: list[Document] = []
    for document in documents:
        is_test = is_policy_test(document) and document.source.name not in paths
        (tests if is_test else others).append(document)
    return others, tests


def only_tests_problem(paths: Sequence[str]) -> Problem:
    """Return the problem of paths that contain only policy tests."""
    message = f"contains only policy tests ({_run_hint(paths[0])})"
    return Problem(Position(paths[0]), message=message, code=UNREADABLE)


def remove_tests(manifest: Manifest, paths: Sequence[str]) -> list[Document]:
    """Remove the policy tests of directories from a manifest and return them.

    A manifest without other documents is a problem.
    """
    manifest.documents, tests = split_tests(manifest.documents, paths)
    if tests and not (manifest.documents or manifest.problems):
        manifest.problems.append(only_tests_problem(paths))
    return tests


def policy_test_problem(document: Document) -> Problem:
    """Return the problem of a policy test in place of a resource."""
    position = document.locate_field(("kind",))
    message = f"is a policy test, not a resource ({_run_hint(document.source.name)})"
    return Problem(position, document.subject, "", message, DOCUMENT)


def _run_hint(path: str) -> str:
    return f"run calicoctl test {shlex.quote(path)}"
