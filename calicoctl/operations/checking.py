"""validate: everything that is to be said about manifests, without a datastore."""

from __future__ import annotations

from collections.abc import Iterable

from calicoctl.findings import MANIFEST_RULES, Checked, Subject, findings_of
from calicoctl.manifest import Document
from calicoctl.manifest.policytests import is_policy_test
from calicoctl.operations.intake import load_manifests, problems_of
from calicoctl.resource import Located
from calicoctl.schema import validate
from calicoctl.schema.policytest import read_policy_test


def check(paths: Iterable[str], *, recursive: bool) -> Checked:
    """Read and validate manifests as `apply` does, and policy tests. What is wrong is the result, and never raised."""
    manifest = load_manifests(paths, recursive=recursive)
    documents = manifest.documents
    tests = [document for document in documents if is_policy_test(document)]
    result = validate((document for document in documents if not is_policy_test(document)), only_check=True)
    for test in tests:
        read_policy_test(test, result)
    findings = findings_of(problems_of(manifest, result), result.warnings)
    names = [document.source.name for document in documents] + [found.problem.position.source for found in findings]
    sources = tuple(dict.fromkeys(names))
    return Checked(
        findings,
        _summary(len(documents) - len(tests), len(tests), len(sources)),
        MANIFEST_RULES,
        sources,
        lambda: _subjects(documents, result.located),
    )


def _subjects(documents: Iterable[Document], located: Iterable[Located]) -> list[Subject]:
    """Every resource, by its full name where it has a valid one."""
    names = {item.position: str(item.identifier) for item in located}
    places = ((document.position(document.node), document) for document in documents)
    return [Subject(place, names.get(place) or document.subject) for place, document in places]


def _summary(resources: int, tests: int, files: int) -> str:
    counted = ((resources, "resource"), (tests, "policy test"), (files, "file"))
    *what, where = (f"{number} {word}{'' if number == 1 else 's'}" for number, word in counted if number)
    return f"{' and '.join(what)} in {where} {'is' if resources + tests == 1 else 'are'} valid"
