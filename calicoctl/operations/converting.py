"""convert: manifests of Calico v1 and v3 into each other, without a datastore."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from calicoctl.errors import InvalidManifest, Problem, Refused
from calicoctl.kinds import KINDS, kind_named
from calicoctl.kinds.conversion import TooLargeError
from calicoctl.kinds.names import is_subdomain
from calicoctl.kinds.node import NODE
from calicoctl.kinds.v3manifest import v3_manifest
from calicoctl.manifest import Document, load, read_sources
from calicoctl.manifest.lists import is_v3, members
from calicoctl.manifest.plain import TooDeepError, plain
from calicoctl.manifest.policytests import pass_over_tests
from calicoctl.operations.intake import named_twice
from calicoctl.resource import Identifier, Located, Resource
from calicoctl.schema import Validated, validate
from calicoctl.schema.fromv3 import from_v3

V3Manifest = dict[str, Any]

_NODE_WARNING = (
    "calicoctl 3.x replaces a Node as a whole, with what the node itself has written into it "
    "(apply the v1 manifest, which keeps that)"
)


@dataclass
class _Findings:
    """What there is to say about all manifests."""

    problems: list[Problem] = field(default_factory=list)
    losses: list[Problem] = field(default_factory=list)
    left_out: list[Problem] = field(default_factory=list)
    """The resources of which nothing is left."""
    warnings: list[Problem] = field(default_factory=list)

    def heed(self, advice: str) -> None:
        """Stop if something is wrong, or would be lost.

        Raises:
            InvalidManifest: with every problem and every loss.
            Refused: with every loss, and the advice what to do about it.
        """
        if self.problems:
            raise InvalidManifest([*self.problems, *self.losses])
        if self.losses:
            raise Refused(*sorted(self.losses), advice)


def to_v1(paths: Sequence[str], *, recursive: bool, force: bool = False) -> tuple[list[Resource], list[Problem]]:
    """The v1 resources of manifests of either version in their order, and what to warn of.

    With `force` what v1 can't say is left out with a warning: fields, or the whole resource.

    Raises:
        InvalidManifest: with everything that is wrong.
        Refused: with everything that v1 can't say.
    """
    findings = _Findings()
    located = [item for document in _documents(paths, recursive, findings) for item in _in_v1(document, findings)]
    findings.problems += named_twice(located)
    if force and not findings.problems:
        findings.warnings += findings.losses + findings.left_out
        findings.losses = []
    findings.heed("nothing is converted (--force leaves out what v1 can't say)")
    return [item.resource for item in located if item.resource], sorted(findings.warnings)


def _in_v1(document: Document, findings: _Findings) -> list[Located]:
    if not is_v3(document):
        return _validated(document, findings)
    result = from_v3(document)
    findings.problems += result.problems
    findings.losses += result.losses
    findings.warnings += result.warnings
    if not result.located:
        findings.left_out.append(Problem(document.position(document.node), document.subject, "", "is left out"))
    return result.located


def to_v3(paths: Sequence[str], *, recursive: bool) -> tuple[list[V3Manifest], list[Problem]]:
    """The v3 manifests of manifests of either version in their order, and what to warn of.

    Raises:
        InvalidManifest: with everything that is wrong.
        Refused: what v3 can't say of a resource is too much to be kept beside it.
    """
    findings = _Findings()
    manifests: list[V3Manifest] = []
    names: list[Located] = []
    for document in _documents(paths, recursive, findings):
        for manifest in _in_v3(document, findings):
            manifests.append(manifest)
            names.append(Located(_v3_identifier(manifest), document.position(document.node)))
    findings.problems += named_twice(names)
    findings.heed("nothing is converted")
    return manifests, sorted(findings.warnings)


def _in_v3(document: Document, findings: _Findings) -> Iterator[V3Manifest]:
    if is_v3(document):
        findings.problems += from_v3(document).problems
        try:
            yield plain(document.node)
        except TooDeepError as error:
            findings.problems.append(Problem(document.position(document.node), document.subject, "", str(error)))
        return
    for item in _validated(document, findings):
        kind = kind_named(item.identifier.kind)
        assert kind is not None  # noqa: S101 - identifiers are made by kinds
        assert item.resource is not None  # noqa: S101 - validation makes whole resources
        place = document.position(document.node)
        try:
            manifest = v3_manifest(kind, item.resource)
        except TooLargeError as error:
            findings.losses.append(Problem(place, str(item.identifier), "", str(error)))
            continue
        findings.warnings += (Problem(place, str(item.identifier), "", what) for what in _refusable(manifest))
        yield manifest


def _refusable(manifest: V3Manifest) -> Iterator[str]:
    """What calicoctl 3.x does not like about a manifest of ours."""
    name = manifest["metadata"]["name"]
    if not is_subdomain(name):
        yield f"calicoctl 3.x refuses the name {name!r}, which the datastore has it under"
    if manifest["kind"] == NODE.stored_as.kind:
        yield _NODE_WARNING


def _v3_identifier(manifest: V3Manifest) -> Identifier:
    metadata = manifest.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    return Identifier(str(manifest.get("kind")), (str(names.get("namespace") or ""), str(names.get("name") or "")))


def _documents(paths: Sequence[str], recursive: bool, findings: _Findings) -> list[Document]:
    """The documents of all manifests, those within lists of v3 as well."""
    sources, problems = read_sources(paths, recursive=recursive)
    manifest = load(sources, [kind.name for kind in KINDS])
    for test in pass_over_tests(manifest, paths):
        place = test.position(test.node)
        findings.warnings.append(Problem(place, test.subject, "", "is a policy test, and is left out"))
    documents = [member for document in manifest.documents for member in members(document, problems)]
    findings.problems += problems + manifest.problems
    return documents


def _validated(document: Document, findings: _Findings) -> list[Located]:
    """The resource of a v1 document, if it is valid."""
    result: Validated = validate([document])
    findings.problems += result.problems
    findings.warnings += result.warnings
    return result.located
