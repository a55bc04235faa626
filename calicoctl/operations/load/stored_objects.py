"""Manifests of `import`: resources and stored objects, or all problems of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from calicoctl.conversion.stored_object import StoredObject, from_manifest
from calicoctl.datastore import Entry
from calicoctl.errors import InvalidManifest, Position, Problem
from calicoctl.findings import DOCUMENT, DUPLICATE, SCHEMA
from calicoctl.kinds import kind_of_key
from calicoctl.manifest import Document
from calicoctl.manifest.plain import TooDeepError, plain_value
from calicoctl.manifest.policy_tests import remove_tests
from calicoctl.manifest.stored_objects import STORED_OBJECT, is_stored_object
from calicoctl.operations.load.manifests import duplicate_problems, load_documents
from calicoctl.operations.read.lookup import decode_entry
from calicoctl.resource import LocatedResource
from calicoctl.schema.problems import problem_at
from calicoctl.schema.validate import checks_for, validate
from calicoctl.storage import CorruptEntryError


class LocatedObject(NamedTuple):
    """A stored object with its position in a manifest."""

    stored_object: StoredObject
    position: Position


class ImportManifests(NamedTuple):
    """Documents of all manifests of `import`, and warnings."""

    resources: tuple[LocatedResource, ...]
    objects: tuple[LocatedObject, ...]
    warnings: tuple[Problem, ...]


def load_import(paths: Sequence[str], *, recursive: bool) -> ImportManifests:
    """Read and validate manifests. Policy tests in directories are skipped.

    Raises:
        InvalidManifest: a document is not valid; contains all problems and warnings of all documents.
    """
    manifest = load_documents(paths, recursive=recursive)
    remove_tests(manifest, paths)
    result = validate(document for document in manifest.documents if not is_stored_object(document))
    problems = [*manifest.problems, *result.problems, *duplicate_problems(result.resources)]
    objects = [
        located
        for document in manifest.documents
        if is_stored_object(document)
        for located in _read_object(document, problems)
    ]
    problems += _duplicate_key_problems(objects)
    if problems:
        raise InvalidManifest(problems, result.warnings)
    return ImportManifests(tuple(result.resources), tuple(objects), tuple(result.warnings))


def _read_object(document: Document, problems: list[Problem]) -> Iterator[LocatedObject]:
    """Yield the object of a document, unless it has problems, which are added to `problems`."""
    position = document.position(document.node)
    try:
        manifest = plain_value(document.node)
        errors = list(checks_for(STORED_OBJECT).schema_errors(manifest))
        problems += (problem_at(document, error) for error in errors)
        if errors:
            return
        stored_object = from_manifest(manifest)
    except (CorruptEntryError, TooDeepError) as error:
        problems.append(Problem(position, document.subject, "spec", str(error), SCHEMA))
        return
    kind = kind_of_key(stored_object.key)
    if kind:
        decoded = decode_entry(kind, Entry(stored_object.key, stored_object.encode(None), 0, 0))
        if decoded.stored is None:
            problems.append(Problem(position, str(stored_object.identifier), "spec", decoded.decode_error, DOCUMENT))
            return
    yield LocatedObject(stored_object, position)


def _duplicate_key_problems(objects: Iterable[LocatedObject]) -> Iterator[Problem]:
    first_positions: dict[str, Position] = {}
    for stored_object, position in objects:
        first = first_positions.setdefault(stored_object.key, position)
        if first is not position:
            message = f"duplicate object (first at {first})"
            yield Problem(position, str(stored_object.identifier), "", message, DUPLICATE)
