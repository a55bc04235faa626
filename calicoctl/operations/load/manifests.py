"""Paths to resources: everything that a verb reads with `-f`, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, NamedTuple

from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.findings import DUPLICATE
from calicoctl.kinds import KINDS
from calicoctl.manifest import Document, LazyPositions, Manifest, Source, load, read_sources
from calicoctl.manifest.policy_tests import only_tests_problem, split_tests
from calicoctl.operations.load.parallel import process_documents
from calicoctl.progress import Progress, no_progress
from calicoctl.resource import Identifier, LocatedResource
from calicoctl.schema import ValidationResult, identify, validate


@dataclass(frozen=True)
class LoadedManifests:
    """The resources of all manifests, in their order, and what to warn of."""

    resources: tuple[LocatedResource, ...]
    warnings: tuple[Problem, ...]
    sources: tuple[Source, ...] = ()
    """The texts that they come from."""
    skipped_tests: int = 0
    """How many policy tests lay beside them."""


class LoadOptions(NamedTuple):
    """What a verb needs of manifests, where that is not just their resources."""

    identity_only: bool = False
    """Only what names each resource; the rest is not looked at."""
    generate_names: bool = False
    """A name for a resource that has none, of a kind that may go without."""
    positions: bool | Literal["lazy"] = False
    """To be told where fields stand: `later` takes little memory, and time when that is asked."""


DEFAULT_LOAD_OPTIONS = LoadOptions()


def load_resources(
    paths: Sequence[str],
    *,
    recursive: bool,
    options: LoadOptions = DEFAULT_LOAD_OPTIONS,
    progress: Progress = no_progress,
) -> LoadedManifests:
    """Read and validate manifests. Policy tests in directories are passed over.

    Raises:
        InvalidManifest: with every problem of every document, and what to warn of.
    """

    def process(documents: list[Document]) -> tuple[ValidationResult, int, int]:
        resource_documents, test_documents = split_tests(documents, paths)
        if options.identity_only:
            return identify(resource_documents), len(resource_documents), len(test_documents)
        result = validate(
            resource_documents, generate_names=options.generate_names, with_positions=options.positions is True
        )
        return result, len(resource_documents), len(test_documents)

    sources, unreadable = read_sources(paths, recursive=recursive)
    problems, results = process_documents(sources, process, in_one=options.positions is True, progress=progress)
    validated_parts, resource_counts, test_counts = zip(*results, strict=True)
    result = ValidationResult.merge(validated_parts)
    problems += unreadable
    if any(test_counts) and not any(resource_counts) and not problems:
        problems.append(only_tests_problem(paths))
    problems += [*result.problems, *duplicate_problems(result.resources)]
    if problems:
        raise InvalidManifest(problems, result.warnings)
    if options.positions == "lazy":
        locate = LazyPositions(sources, [kind.name for kind in KINDS]).locate_field
        result.resources = [replace(item, locate_field=partial(locate, item.position)) for item in result.resources]
    return LoadedManifests(tuple(result.resources), tuple(result.warnings), tuple(sources), sum(test_counts))


def load_documents(paths: Iterable[str], *, recursive: bool) -> Manifest:
    """The documents of all paths, and what can't be read of them."""
    sources, unreadable = read_sources(paths, recursive=recursive)
    manifest = load(sources, [kind.name for kind in KINDS])
    manifest.problems += unreadable
    return manifest


def duplicate_problems(resources: Iterable[LocatedResource]) -> Iterator[Problem]:
    """A problem for each resource that is there already, with both places."""
    first_positions: dict[Identifier, Position] = {}
    for item in resources:
        position = item.position or Position("-")
        if item.identifier in first_positions:
            message = f"the same resource is there twice (first at {first_positions[item.identifier]})"
            yield Problem(position, str(item.identifier), "", message, DUPLICATE)
        first_positions.setdefault(item.identifier, position)
