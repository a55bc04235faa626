"""Paths to resources: everything that a verb reads with `-f`, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.findings import DUPLICATE
from calicoctl.manifest import Document, read_sources
from calicoctl.operations.judging import judged
from calicoctl.resource import Identifier, Located
from calicoctl.schema import Validated, identify, validate


@dataclass(frozen=True)
class Intake:
    """The resources of all manifests, in their order, and what to warn of."""

    located: tuple[Located, ...]
    warnings: tuple[Problem, ...]


def read_manifests(
    paths: Iterable[str],
    *,
    recursive: bool,
    identity_only: bool = False,
    make_names: bool = False,
    with_places: bool = False,
) -> Intake:
    """Read and validate manifests; with `identity_only` just what names each resource.

    With `make_names` a resource of a kind that may go without a name gets one; with `with_places` each can tell
    where its fields stand.

    Raises:
        InvalidManifest: with every problem of every document.
    """

    def judge(documents: list[Document]) -> Validated:
        if identity_only:
            return identify(documents)
        return validate(documents, make_names=make_names, with_places=with_places)

    sources, unreadable = read_sources(paths, recursive=recursive)
    problems, verdicts = judged(sources, judge, at_once=with_places)
    result = Validated.of_parts(verdicts)
    problems += [*unreadable, *result.problems, *named_twice(result.located)]
    if problems:
        raise InvalidManifest(problems)
    return Intake(tuple(result.located), tuple(result.warnings))


def named_twice(located: Iterable[Located]) -> Iterator[Problem]:
    """A problem for each resource that is there already, with both places."""
    first: dict[Identifier, Position] = {}
    for item in located:
        place = item.position or Position("-")
        if item.identifier in first:
            message = f"the same resource is there twice (first at {first[item.identifier]})"
            yield Problem(place, str(item.identifier), "", message, DUPLICATE)
        first.setdefault(item.identifier, place)
