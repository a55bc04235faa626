"""validate: everything that is to be said about manifests, without a datastore."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.findings import MANIFEST_RULES, CheckedResource, CheckResult, findings_from_problems
from calicoctl.manifest import Document, read_sources
from calicoctl.manifest.policy_tests import is_policy_test
from calicoctl.operations.load.manifests import duplicate_problems
from calicoctl.operations.load.parallel import process_documents
from calicoctl.progress import Progress, no_progress
from calicoctl.schema import ValidationResult, validate
from calicoctl.schema.policy_test import read_policy_test


def validate_manifests(paths: Sequence[str], *, recursive: bool, progress: Progress = no_progress) -> CheckResult:
    """Read and validate manifests as `apply` does, and policy tests. What is wrong is the result, and never raised."""
    sources, unreadable = read_sources(paths, recursive=recursive)
    problems, results = process_documents(sources, _validate_documents, progress=progress)
    result = ValidationResult.merge(validated for validated, _, _ in results)
    checked_resources = [subject for _, group, _ in results for subject in group]
    tests = sum(count for _, _, count in results)
    problems += [*unreadable, *result.problems, *duplicate_problems(result.resources)]
    findings = findings_from_problems(problems, result.warnings)
    names = [subject.position.source for subject in checked_resources] + [
        finding.problem.position.source for finding in findings
    ]
    files = tuple(dict.fromkeys(names))
    summary = _summary(len(checked_resources) - tests, tests, len(files))
    return CheckResult(findings, summary, MANIFEST_RULES, files, lambda: checked_resources)


def _validate_documents(documents: Sequence[Document]) -> tuple[ValidationResult, list[CheckedResource], int]:
    """What is wrong with documents, all that they are, by full names where these are valid, and how many are tests."""
    tests = [document for document in documents if is_policy_test(document)]
    result = validate((document for document in documents if not is_policy_test(document)), identify_only=True)
    for test in tests:
        read_policy_test(test, result)
    names = {item.position: str(item.identifier) for item in result.resources}
    positions = ((document.position(document.node), document) for document in documents)
    return (
        result,
        [CheckedResource(position, names.get(position) or document.subject) for position, document in positions],
        len(tests),
    )


def _summary(resources: int, tests: int, files: int) -> str:
    counted = ((resources, "resource"), (tests, "policy test"), (files, "file"))
    *what, where = (f"{number} {word}{'' if number == 1 else 's'}" for number, word in counted if number)
    return f"{' and '.join(what)} in {where} {'is' if resources + tests == 1 else 'are'} valid"
