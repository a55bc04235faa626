"""Resources of the manifests of `-f`, or all problems of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, NamedTuple

from calicoctl.errors import NO_POSITION, InvalidManifest, Position, Problem
from calicoctl.findings import DUPLICATE
from calicoctl.kinds import KINDS
from calicoctl.lazy_dataclass import dataclass
from calicoctl.manifest import Document, LazyPositions, Manifest, Source, load, read_sources, skipped_files
from calicoctl.manifest.policy_tests import only_tests_problem, split_tests
from calicoctl.operations.load.parallel import process_documents
from calicoctl.progress import Progress, no_progress
from calicoctl.resource import FieldPath, Identifier, LocatedResource
from calicoctl.schema.identify import identify
from calicoctl.schema.validate import ValidationResult, validate


@dataclass(frozen=True)
class LoadedManifests:
    """Resources of all manifests, in their order, and warnings."""

    resources: tuple[LocatedResource, ...]
    warnings: tuple[Problem, ...]
    sources: tuple[Source, ...] = ()
    """Texts of the manifests."""
    skipped_tests: int = 0
    """Number of policy tests that were skipped."""


class LoadOptions(NamedTuple):
    """Options of loading manifests."""

    identity_only: bool = False
    """Whether to read the identifiers only. Other fields are not validated."""
    generate_names: bool = False
    """Whether to generate missing names of kinds that allow this."""
    positions: bool | Literal["lazy"] = False
    """Whether to provide the positions of fields.

    True keeps the documents in memory. `lazy` parses a document again when a position is requested.
    """
    defer_problems: bool = False
    """Whether to return resources with deferred problems, see `LocatedResource`, if there are no other problems."""
    v3_objects: bool = False
    """Whether to read v3 manifests as well, for an analysis. By default, they are problems."""


DEFAULT_LOAD_OPTIONS = LoadOptions()


def load_resources(
    paths: Sequence[str],
    *,
    recursive: bool,
    options: LoadOptions = DEFAULT_LOAD_OPTIONS,
    progress: Progress = no_progress,
) -> LoadedManifests:
    """Read and validate manifests. Policy tests in directories are skipped.

    Raises:
        InvalidManifest: a document is not valid; contains all problems and warnings of all documents.
    """
    sources, unreadable = read_sources(paths, recursive=recursive)
    process = partial(_validate_documents, paths=paths, options=options)
    problems, results = process_documents(sources, process, in_one=options.positions is True, progress=progress)
    validated_parts, resource_counts, test_counts = zip(*results, strict=True)
    result = ValidationResult.merge(validated_parts)
    problems += unreadable
    if any(test_counts) and not any(resource_counts) and not problems:
        problems.append(only_tests_problem(paths))
    problems += duplicate_problems(result.resources)
    if problems or (result.problems and not (options.defer_problems and result.has_only_deferred_problems)):
        raise InvalidManifest([*problems, *result.problems], result.warnings)
    if options.positions == "lazy":
        result.resources = _with_lazy_positions(result.resources, sources)
    return LoadedManifests(tuple(result.resources), tuple(result.warnings), tuple(sources), sum(test_counts))


def _with_lazy_positions(resources: Sequence[LocatedResource], sources: Sequence[Source]) -> list[LocatedResource]:
    starts = [item.position for item in resources]
    locate = LazyPositions(sources, [kind.name for kind in KINDS], starts).locate_field

    def locate_source(
        start: Position | None, source_path: Callable[[FieldPath], FieldPath] | None, path: FieldPath
    ) -> Position:
        return locate(start, source_path(path) if source_path else path)

    return [replace(item, locate_field=partial(locate_source, item.position, item.source_path)) for item in resources]


def _validate_documents(
    documents: list[Document], paths: Sequence[str], options: LoadOptions
) -> tuple[ValidationResult, int, int]:
    """Return the resources of documents, and the numbers of documents with resources and with policy tests."""
    resource_documents, test_documents = split_tests(documents, paths)
    if options.identity_only:
        result = identify(resource_documents)
    elif options.v3_objects:
        from calicoctl.schema.analysed_documents import validate_analysed

        result = validate_analysed(resource_documents, with_positions=options.positions is True)
    else:
        result = validate(
            resource_documents, generate_names=options.generate_names, with_positions=options.positions is True
        )
    return result, len(resource_documents), len(test_documents)


def load_documents(paths: Iterable[str], *, recursive: bool) -> Manifest:
    """Load the documents of all paths, with the problems of unreadable ones."""
    sources, unreadable = read_sources(paths, recursive=recursive)
    manifest = load(sources, [kind.name for kind in KINDS])
    manifest.problems += unreadable
    return manifest


class SkippedManifests(NamedTuple):
    """Contents of manifests in subdirectories that are not read."""

    resources: Mapping[Identifier, Position] = {}
    unidentified: tuple[Position, ...] = ()
    """Positions of errors, where any resource can be."""


def load_skipped(paths: Sequence[str], *, recursive: bool) -> SkippedManifests:
    """Return the contents of the manifests in subdirectories that `load_resources` skips."""
    sources, unreadable = read_sources(skipped_files(paths, recursive=recursive))
    kinds = [kind.name for kind in KINDS]
    manifest = load(sources, kinds)
    identified = identify(split_tests(manifest.documents, paths)[0])
    nameless = (each for each in identified.problems if each.subject.partition("/")[0] in kinds)
    return SkippedManifests(
        {item.identifier: item.position or NO_POSITION for item in identified.resources},
        tuple(each.position for each in (*unreadable, *manifest.problems, *nameless)),
    )


def duplicate_problems(resources: Iterable[LocatedResource]) -> Iterator[Problem]:
    """Yield a problem for each repeated resource, with both positions."""
    first_positions: dict[Identifier, Position] = {}
    for item in resources:
        position = item.position or Position("-")
        if item.identifier in first_positions:
            message = f"duplicate resource (first at {first_positions[item.identifier]})"
            yield Problem(position, str(item.identifier), "", message, DUPLICATE)
        first_positions.setdefault(item.identifier, position)
