"""Paths to resources: everything that a verb reads with `-f`, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, NamedTuple

from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.findings import DUPLICATE
from calicoctl.kinds import KINDS
from calicoctl.manifest import Document, Manifest, Places, Source, load, read_sources
from calicoctl.manifest.policytests import only_tests, without_tests
from calicoctl.operations.judging import judged
from calicoctl.operations.progress import Progress, silent
from calicoctl.resource import Identifier, Located
from calicoctl.schema import Validated, identify, validate


@dataclass(frozen=True)
class Intake:
    """The resources of all manifests, in their order, and what to warn of."""

    located: tuple[Located, ...]
    warnings: tuple[Problem, ...]
    sources: tuple[Source, ...] = ()
    """The texts that they come from."""
    passed_over: int = 0
    """How many policy tests lay beside them."""


class Wanted(NamedTuple):
    """What a verb needs of manifests, where that is not just their resources."""

    identity_only: bool = False
    """Only what names each resource; the rest is not looked at."""
    make_names: bool = False
    """A name for a resource that has none, of a kind that may go without."""
    with_places: bool | Literal["later"] = False
    """To be told where fields stand: `later` takes little memory, and time when that is asked."""


RESOURCES = Wanted()


def read_manifests(
    paths: Sequence[str], *, recursive: bool, wanted: Wanted = RESOURCES, progress: Progress = silent
) -> Intake:
    """Read and validate manifests. Policy tests in directories are passed over.

    Raises:
        InvalidManifest: with every problem of every document, and what to warn of.
    """

    def judge(documents: list[Document]) -> tuple[Validated, int, int]:
        others, tests = without_tests(documents, paths)
        if wanted.identity_only:
            return identify(others), len(others), len(tests)
        result = validate(others, make_names=wanted.make_names, with_places=wanted.with_places is True)
        return result, len(others), len(tests)

    sources, unreadable = read_sources(paths, recursive=recursive)
    problems, verdicts = judged(sources, judge, at_once=wanted.with_places is True, progress=progress)
    parts, others, tests = zip(*verdicts, strict=True)
    result = Validated.of_parts(parts)
    problems += unreadable
    if any(tests) and not any(others) and not problems:
        problems.append(only_tests(paths))
    problems += [*result.problems, *named_twice(result.located)]
    if problems:
        raise InvalidManifest(problems, result.warnings)
    if wanted.with_places == "later":
        locate = Places(sources, [kind.name for kind in KINDS]).locate
        result.located = [replace(item, locate=partial(locate, item.position)) for item in result.located]
    return Intake(tuple(result.located), tuple(result.warnings), tuple(sources), sum(tests))


def load_manifests(paths: Iterable[str], *, recursive: bool) -> Manifest:
    """The documents of all paths, and what can't be read of them."""
    sources, unreadable = read_sources(paths, recursive=recursive)
    manifest = load(sources, [kind.name for kind in KINDS])
    manifest.problems += unreadable
    return manifest


def named_twice(located: Iterable[Located]) -> Iterator[Problem]:
    """A problem for each resource that is there already, with both places."""
    first: dict[Identifier, Position] = {}
    for item in located:
        place = item.position or Position("-")
        if item.identifier in first:
            message = f"the same resource is there twice (first at {first[item.identifier]})"
            yield Problem(place, str(item.identifier), "", message, DUPLICATE)
        first.setdefault(item.identifier, place)
