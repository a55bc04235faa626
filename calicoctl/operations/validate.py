"""Implementation of `validate`: all problems of manifests and policy tests, without a datastore."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.findings import MANIFEST_RULES, CheckedResource, CheckResult, findings_from_problems
from calicoctl.manifest import Document, read_sources
from calicoctl.manifest.policy_tests import is_policy_test
from calicoctl.operations.load.manifests import duplicate_problems
from calicoctl.operations.load.parallel import process_documents
from calicoctl.progress import Progress, no_progress
from calicoctl.schema.policy_test import read_policy_test
from calicoctl.schema.validate import ValidationResult, validate


def validate_manifests(paths: Sequence[str], *, recursive: bool, progress: Progress = no_progress) -> CheckResult:
    """Read and validate manifests as `apply` does, and policy tests. Problems are findings, not exceptions."""
    sources, unreadable = read_sources(paths, recursive=recursive)
    problems, results = process_documents(sources, _validate_documents, progress=progress)
    result = ValidationResult.merge(validated for validated, _, _ in results)
    checked_resources = [resource for _, group, _ in results for resource in group]
    tests = sum(count for _, _, count in results)
    problems += [*unreadable, *result.problems, *duplicate_problems(result.resources)]
    findings = findings_from_problems(problems, result.warnings)
    positions = [resource.position for resource in checked_resources]
    positions += (finding.problem.position for finding in findings)
    files = tuple(dict.fromkeys(position.source for position in positions))
    summary = _summary(len(checked_resources) - tests, tests, len(files))
    return CheckResult(findings, summary, MANIFEST_RULES, files, lambda: checked_resources)


def _validate_documents(documents: Sequence[Document]) -> tuple[ValidationResult, list[CheckedResource], int]:
    """Return the problems of documents, their resources (with complete names if valid), and the number of tests."""
    tests = [document for document in documents if is_policy_test(document)]
    result = validate((document for document in documents if not is_policy_test(document)), identify_only=True)
    for test in tests:
        read_policy_test(test, result)
    names = {item.position: str(item.identifier) for item in result.resources}
    positions = ((document.position(document.node), document) for document in documents)
    checked = [CheckedResource(position, names.get(position) or document.subject) for position, document in positions]
    return result, checked, len(tests)


def _summary(resources: int, tests: int, files: int) -> str:
    counts = ((resources, "resource"), (tests, "policy test"), (files, "file"))
    *checked, sources = (f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in counts if number)
    return f"{' and '.join(checked)} in {sources} {'is' if resources + tests == 1 else 'are'} valid"
