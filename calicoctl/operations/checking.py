"""validate: everything that is to be said about manifests, without a datastore."""

from __future__ import annotations

from collections.abc import Iterable

from calicoctl.findings import MANIFEST_RULES, Checked, Subject, findings_of
from calicoctl.manifest import Document
from calicoctl.operations.intake import load_manifests, problems_of
from calicoctl.resource import Located
from calicoctl.schema import validate


def check(paths: Iterable[str], *, recursive: bool) -> Checked:
    """Read and validate manifests as `apply` does. What is wrong with them is the result, and never raised."""
    manifest = load_manifests(paths, recursive=recursive)
    documents = manifest.documents
    result = validate(documents, only_check=True)
    findings = findings_of(problems_of(manifest, result), result.warnings)
    names = [document.source.name for document in documents] + [found.problem.position.source for found in findings]
    sources = tuple(dict.fromkeys(names))
    return Checked(
        findings,
        _summary(len(documents), len(sources)),
        MANIFEST_RULES,
        sources,
        lambda: _subjects(documents, result.located),
    )


def _subjects(documents: Iterable[Document], located: Iterable[Located]) -> list[Subject]:
    """Every resource, by its full name where it has a valid one."""
    names = {item.position: str(item.identifier) for item in located}
    places = ((document.position(document.node), document) for document in documents)
    return [Subject(place, names.get(place) or document.subject) for place, document in places]


def _summary(resources: int, files: int) -> str:
    if resources == 1:
        return "1 resource in 1 file is valid"
    return f"{resources} resources in {files} file{'s' if files > 1 else ''} are valid"
