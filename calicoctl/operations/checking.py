"""validate: everything that is to be said about manifests, without a datastore."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.findings import MANIFEST_RULES, Checked, Subject, findings_of
from calicoctl.manifest import Document, read_sources
from calicoctl.manifest.policytests import is_policy_test
from calicoctl.operations.intake import named_twice
from calicoctl.operations.judging import judged
from calicoctl.operations.progress import Progress, silent
from calicoctl.schema import Validated, validate
from calicoctl.schema.policytest import read_policy_test


def check(paths: Sequence[str], *, recursive: bool, progress: Progress = silent) -> Checked:
    """Read and validate manifests as `apply` does, and policy tests. What is wrong is the result, and never raised."""
    sources, unreadable = read_sources(paths, recursive=recursive)
    problems, verdicts = judged(sources, _verdict, progress=progress)
    result = Validated.of_parts(validated for validated, _, _ in verdicts)
    subjects = [subject for _, some, _ in verdicts for subject in some]
    tests = sum(count for _, _, count in verdicts)
    problems += [*unreadable, *result.problems, *named_twice(result.located)]
    findings = findings_of(problems, result.warnings)
    names = [subject.position.source for subject in subjects] + [found.problem.position.source for found in findings]
    files = tuple(dict.fromkeys(names))
    summary = _summary(len(subjects) - tests, tests, len(files))
    return Checked(findings, summary, MANIFEST_RULES, files, lambda: subjects)


def _verdict(documents: Sequence[Document]) -> tuple[Validated, list[Subject], int]:
    """What is wrong with documents, all that they are, by full names where these are valid, and how many are tests."""
    tests = [document for document in documents if is_policy_test(document)]
    result = validate((document for document in documents if not is_policy_test(document)), only_check=True)
    for test in tests:
        read_policy_test(test, result)
    names = {item.position: str(item.identifier) for item in result.located}
    places = ((document.position(document.node), document) for document in documents)
    return result, [Subject(place, names.get(place) or document.subject) for place, document in places], len(tests)


def _summary(resources: int, tests: int, files: int) -> str:
    counted = ((resources, "resource"), (tests, "policy test"), (files, "file"))
    *what, where = (f"{number} {word}{'' if number == 1 else 's'}" for number, word in counted if number)
    return f"{' and '.join(what)} in {where} {'is' if resources + tests == 1 else 'are'} valid"
