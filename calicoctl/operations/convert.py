"""Implementation of `convert`: manifests of Calico v1 to v3 and back, without a datastore."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from calicoctl.conversion.stored import AnnotationsTooLargeError
from calicoctl.conversion.v3_manifest import v3_manifest
from calicoctl.errors import InvalidManifest, Problem, Refused
from calicoctl.kinds import KINDS
from calicoctl.kinds.node import NODE
from calicoctl.manifest import Document, load, read_sources
from calicoctl.manifest.plain import TooDeepError, plain_value
from calicoctl.manifest.policy_tests import remove_tests
from calicoctl.manifest.v3_lists import flatten_list, is_v3
from calicoctl.operations.load.manifests import duplicate_problems
from calicoctl.operations.read.lookup import kind_of
from calicoctl.resource import Identifier, LocatedResource, Resource
from calicoctl.schema.from_v3 import from_v3
from calicoctl.schema.validate import ValidationResult, validate

V3Manifest = dict[str, Any]

_NODE_WARNING = (
    "calicoctl 3.x replaces a complete Node, including the fields that calico/node has written "
    "(apply the v1 manifest, which keeps them)"
)


@dataclass
class _Findings:
    """Problems, losses and warnings of all manifests."""

    problems: list[Problem] = field(default_factory=list)
    losses: list[Problem] = field(default_factory=list)
    dropped: list[Problem] = field(default_factory=list)
    """Warnings about resources that are omitted completely."""
    warnings: list[Problem] = field(default_factory=list)

    def raise_if_any(self, advice: str) -> None:
        """Raise an error if there are problems or losses.

        Raises:
            InvalidManifest: there are problems; contains all problems and losses.
            Refused: there are losses; contains all losses and the advice.
        """
        if self.problems:
            raise InvalidManifest([*self.problems, *self.losses])
        if self.losses:
            raise Refused(*sorted(self.losses), advice)


def convert_to_v1(
    paths: Sequence[str], *, recursive: bool, force: bool = False
) -> tuple[list[Resource], list[Problem]]:
    """Return the v1 resources of manifests of both versions in their order, and warnings.

    With `force` fields and resources that v1 cannot represent are omitted with a warning.

    Raises:
        InvalidManifest: a manifest is not valid; contains all problems.
        Refused: v1 cannot represent a field or a resource; contains all of them.
    """
    findings = _Findings()
    resources = [
        item
        for document in _load_all_documents(paths, recursive, findings)
        for item in _to_v1_resources(document, findings)
    ]
    findings.problems += duplicate_problems(resources)
    if force and not findings.problems:
        findings.warnings += findings.losses + findings.dropped
        findings.losses = []
    findings.raise_if_any("nothing converted (--force omits fields that v1 cannot represent)")
    return [item.resource for item in resources if item.resource], sorted(findings.warnings)


def _to_v1_resources(document: Document, findings: _Findings) -> list[LocatedResource]:
    if not is_v3(document):
        return _validate_v1(document, findings)
    result = from_v3(document)
    findings.problems += result.problems
    findings.losses += result.losses
    findings.warnings += result.warnings
    if not result.resources:
        findings.dropped.append(Problem(document.position(document.node), document.subject, "", "is omitted"))
    return result.resources


def convert_to_v3(paths: Sequence[str], *, recursive: bool) -> tuple[list[V3Manifest], list[Problem]]:
    """Return the v3 manifests of manifests of both versions in their order, and warnings.

    Raises:
        InvalidManifest: a manifest is not valid; contains all problems.
        Refused: the fields of a resource that v3 cannot represent exceed the size of an annotation.
    """
    findings = _Findings()
    manifests: list[V3Manifest] = []
    identities: list[LocatedResource] = []
    for document in _load_all_documents(paths, recursive, findings):
        for manifest in _to_v3_manifests(document, findings):
            manifests.append(manifest)
            identities.append(LocatedResource(_v3_identifier(manifest), document.position(document.node)))
    findings.problems += duplicate_problems(identities)
    findings.raise_if_any("nothing converted")
    return manifests, sorted(findings.warnings)


def _to_v3_manifests(document: Document, findings: _Findings) -> Iterator[V3Manifest]:
    if is_v3(document):
        findings.problems += from_v3(document).problems
        try:
            yield plain_value(document.node)
        except TooDeepError as error:
            findings.problems.append(Problem(document.position(document.node), document.subject, "", str(error)))
        return
    for item in _validate_v1(document, findings):
        assert item.resource is not None  # noqa: S101 - validation returns complete resources
        position = document.position(document.node)
        try:
            manifest = v3_manifest(kind_of(item.identifier), item.resource)
        except AnnotationsTooLargeError as error:
            findings.losses.append(Problem(position, str(item.identifier), "", str(error)))
            continue
        findings.warnings += (Problem(position, str(item.identifier), "", text) for text in _v3_warnings(manifest))
        yield manifest


def _v3_warnings(manifest: V3Manifest) -> Iterator[str]:
    """Yield warnings about the use of a converted manifest with calicoctl 3.x."""
    if manifest["kind"] == NODE.stored_kind.kind:
        yield _NODE_WARNING


def _v3_identifier(manifest: V3Manifest) -> Identifier:
    metadata = manifest.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    return Identifier(str(manifest.get("kind")), (str(names.get("namespace") or ""), str(names.get("name") or "")))


def _load_all_documents(paths: Sequence[str], recursive: bool, findings: _Findings) -> list[Document]:
    """Load the documents of all manifests, including the members of v3 lists."""
    sources, problems = read_sources(paths, recursive=recursive)
    manifest = load(sources, [kind.name for kind in KINDS])
    for test in remove_tests(manifest, paths):
        position = test.position(test.node)
        findings.warnings.append(Problem(position, test.subject, "", "is a policy test, and is omitted"))
    documents = [member for document in manifest.documents for member in flatten_list(document, problems)]
    findings.problems += problems + manifest.problems
    return documents


def _validate_v1(document: Document, findings: _Findings) -> list[LocatedResource]:
    """Return the resource of a v1 document if it is valid."""
    result: ValidationResult = validate([document])
    findings.problems += result.problems
    findings.warnings += result.warnings
    return result.resources
