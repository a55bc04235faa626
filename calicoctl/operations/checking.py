"""validate: everything that is to be said about manifests, without a datastore."""

from __future__ import annotations

from collections.abc import Iterable

from calicoctl.findings import MANIFEST_RULES, Checked, Subject, findings_of
from calicoctl.manifest import Document, read_sources
from calicoctl.operations.intake import named_twice
from calicoctl.operations.judging import judged
from calicoctl.schema import Validated, validate


def check(paths: Iterable[str], *, recursive: bool) -> Checked:
    """Read and validate manifests as `apply` does. What is wrong with them is the result, and never raised."""
    sources, unreadable = read_sources(paths, recursive=recursive)
    problems, verdicts = judged(sources, _verdict, at_once=False)
    result = Validated.of_parts(validated for validated, _ in verdicts)
    subjects = [subject for _, part in verdicts for subject in part]
    problems += [*unreadable, *result.problems, *named_twice(result.located)]
    findings = findings_of(problems, result.warnings)
    names = [subject.position.source for subject in subjects] + [found.problem.position.source for found in findings]
    files = tuple(dict.fromkeys(names))
    return Checked(findings, _summary(len(subjects), len(files)), MANIFEST_RULES, files, lambda: subjects)


def _verdict(documents: list[Document]) -> tuple[Validated, list[Subject]]:
    """What is wrong with documents, and every resource in them, by its full name where it has a valid one."""
    result = validate(documents, only_check=True)
    names = {item.position: str(item.identifier) for item in result.located}
    places = ((document.position(document.node), document) for document in documents)
    return result, [Subject(place, names.get(place) or document.subject) for place, document in places]


def _summary(resources: int, files: int) -> str:
    if resources == 1:
        return "1 resource in 1 file is valid"
    return f"{resources} resources in {files} file{'s' if files > 1 else ''} are valid"
