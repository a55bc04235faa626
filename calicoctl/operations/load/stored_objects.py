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
from calicoctl.manifest.plain import TooDeepError, check_depth, plain_value
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
        InvalidManifest: a document is not valid; contains all problems and warnings of all documents. The write
            decides about deferred problems, see `LocatedResource`.
    """
    manifest = load_documents(paths, recursive=recursive)
    remove_tests(manifest, paths)
    result = validate(document for document in manifest.documents if not is_stored_object(document))
    problems = [*manifest.problems, *duplicate_problems(result.resources)]
    objects = [
        located
        for document in manifest.documents
        if is_stored_object(document)
        for located in _read_object(document, problems)
    ]
    problems += _duplicate_key_problems(objects)
    if problems or not result.has_only_deferred_problems:
        raise InvalidManifest([*problems, *result.problems], result.warnings)
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
    if reason := _invalid_value_reason(stored_object):
        problems.append(Problem(position, str(stored_object.identifier), "spec", reason, DOCUMENT))
    else:
        yield LocatedObject(stored_object, position)


def rejection_reason(stored_object: StoredObject) -> str:
    """Return the reason why `import` rejects the document of an object; empty if it does not."""
    manifest = stored_object.manifest()
    try:
        check_depth(manifest)
    except TooDeepError as error:
        return str(error)
    errors = checks_for(STORED_OBJECT).schema_errors(manifest)
    return next((error.message for error in errors), "") or _invalid_value_reason(stored_object)


def _invalid_value_reason(stored_object: StoredObject) -> str:
    """Return the reason why no tool can read the value of an object; empty if there is none."""
    value = stored_object.encode(None)
    kind = kind_of_key(stored_object.key)
    decoded = decode_entry(kind, Entry(stored_object.key, value, 0, 0)) if kind else None
    return decoded.decode_error if decoded and decoded.stored is None else ""


def _duplicate_key_problems(objects: Iterable[LocatedObject]) -> Iterator[Problem]:
    first_positions: dict[str, Position] = {}
    for stored_object, position in objects:
        first = first_positions.setdefault(stored_object.key, position)
        if first is not position:
            message = f"duplicate object (first at {first})"
            yield Problem(position, str(stored_object.identifier), "", message, DUPLICATE)
