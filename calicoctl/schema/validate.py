"""Documents to resources, or to everything that is wrong with them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from calicoctl.errors import Position, Problem
from calicoctl.kinds import KINDS, Kind
from calicoctl.manifest import Document
from calicoctl.manifest.documents import Path
from calicoctl.manifest.lists import is_v3
from calicoctl.manifest.nodes import Mapping, Node, Scalar, Sequence
from calicoctl.manifest.pointing import position_within
from calicoctl.resource import API_VERSION, Located
from calicoctl.schema.coerce import Coercer, Note, coercer
from calicoctl.schema.explain import Explained, explain
from calicoctl.schema.formats import FORMATS
from calicoctl.schema.store import Schema, schema_of
from calicoctl.schema.suggestion import suggestion


@dataclass
class Validated:
    """The resources of valid documents with their places, and what there is to say about all of them."""

    located: list[Located] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def note(self, document: Document, notes: list[Note]) -> None:
        """Add what there was to say about the scalars of a document."""
        for note, path in zip(notes, _paths_of(document.node, notes), strict=True):
            problem = problem_in(document, path, note.message)
            (self.warnings if note.warning else self.problems).append(problem)


class Checks(NamedTuple):
    """What a document of one kind goes through."""

    schema: Schema
    coerce: Coercer
    is_valid: Any

    def mistakes(self, value: Any) -> Iterator[Explained]:
        """What the schema refuses of a value."""
        if not self.is_valid(value):
            yield from explain(self.schema, value)


@lru_cache
def checks_of(kind: str, schema_of_kind: Callable[[str], Schema] = schema_of) -> Checks:
    """The checks of a kind: of a v1 kind, or of what another function has a schema for."""
    from jsonschema_rs import Draft202012Validator

    schema = schema_of_kind(kind)
    formats = {name: (lambda text, check=check: check(text) is None) for name, check in FORMATS.items()}
    validator = Draft202012Validator(schema, formats=formats, validate_formats=True)
    return Checks(schema, coercer(schema), validator.is_valid)


def validate(documents: Iterable[Document], *, make_names: bool = False) -> Validated:
    """Validate every document; all problems of all documents are found in one go.

    With `make_names` a resource of a kind that allows it gets a name when it has none.
    """
    result = Validated()
    for document in documents:
        _validate(document, result, make_names=make_names)
    return result


def _validate(document: Document, result: Validated, *, make_names: bool) -> None:
    kind = _kind_of(document, result.problems)
    if kind is None:
        return
    notes: list[Note] = []
    value = checks_of(kind.name).coerce(document.node, notes)
    if make_names and kind.new_name and isinstance(value.get("metadata"), dict):
        value["metadata"].setdefault("name", kind.new_name())
    before = len(result.problems)
    result.note(document, notes)
    result.problems.extend(problem_in(document, *refused) for refused in refusals(kind, value))
    if len(result.problems) == before:
        resource = kind.resource(*kind.normal(value))
        position = document.position(document.node)
        result.located.append(Located(resource.identifier, position, resource, _revision(value["metadata"])))
        result.warnings.extend(problem_in(document, *finding) for finding in kind.warn(resource))


def refusals(kind: Kind, value: dict[str, Any]) -> Iterator[Explained]:
    """What the schema refuses of a manifest, and what the kind's own check refuses beside that."""
    refused: set[Path] = set()
    for mistake in checks_of(kind.name).mistakes(value):
        refused.add(mistake.path)
        yield mistake
    for path, message in kind.check(value):
        if path not in refused:
            yield Explained(path, message)


def identify(documents: Iterable[Document]) -> Validated:
    """Only what names each resource: all that `get -f` and `delete -f` need."""
    result = Validated()
    for document in documents:
        kind = _kind_of(document, result.problems)
        if kind is None:
            continue
        value, problems = _identity(kind, document)
        result.problems.extend(problems)
        if not problems:
            normal = {name: kind.normal_values.get(name, str)(text) for name, text in value.items()}
            place = document.position(document.node)
            result.located.append(Located(kind.identifier(normal), place, revision=_revision(value)))
    return result


def _identity(kind: Kind, document: Document) -> tuple[dict[str, Any], list[Problem]]:
    """The identifying fields of a document, and what is wrong with them."""
    schema = schema_of(kind.name)["properties"]["metadata"]
    wanted = {
        **schema,
        "properties": {name: schema["properties"][name] for name in (*kind.identified_by, _REVISION)},
        "required": [name for name in schema["required"] if name in kind.identified_by],
    }
    node = document.node.get("metadata")
    value = coercer(wanted)(node, []) if node else {}
    known = (*kind.identified_by, _REVISION)
    value = {name: value[name] for name in known if name in value} if isinstance(value, dict) else {}
    problems = [problem_in(document, ("metadata", *path), message) for path, message, _, _ in explain(wanted, value)]
    problems += [problem_in(document, path, message) for path, message in kind.check({"metadata": value})]
    return value, problems


_REVISION = "resourceVersion"


def _revision(metadata: dict[str, Any]) -> int | None:
    return int(metadata[_REVISION]) if _REVISION in metadata else None


def _kind_of(document: Document, problems: list[Problem]) -> Kind | None:
    """The kind that a document names. Without one nothing more can be said about it."""
    node, version = document.node.get("kind"), document.node.get("apiVersion")
    written = node.text if isinstance(node, Scalar) else ""
    if is_v3(document):
        command = f"calicoctl convert -f {shlex.quote(document.source.name)} --to v1"
        place = document.locate(("apiVersion",))
        problems.append(Problem(place, document.subject, "", f"is a Calico v3 manifest (convert it: {command})"))
        return None
    if isinstance(version, Scalar) and "/" in version.text:
        message = f"{version.text!r} is not Calico v1 (this tool takes apiVersion: {API_VERSION})"
        problems.append(problem_in(document, ("apiVersion",), message))
        return None
    for kind in KINDS:
        if kind.name == written:
            return kind
    names = [kind.name for kind in KINDS]
    if lookalike := next((key for key in document.node.entries if key.lower() == "kind" != key), None):
        problems.append(problem_in(document, (lookalike,), f"unknown field '{lookalike}' (write kind)", at_key=True))
        return None
    if written:
        message = f"unknown kind {written!r}" + (suggestion(written, names) or f" (kinds are {', '.join(names)})")
    else:
        message = f"'kind' is missing (kinds are {', '.join(names)})"
    problems.append(problem_in(document, ("kind",), message))
    return None


def problem_in(
    document: Document, path: Path, message: str, at_key: bool = False, column: int | None = None
) -> Problem:
    """A problem with the place of a field, or of its key, or of a character (from 1) of its text."""
    position = document.locate(path, key=at_key)
    if column is not None:
        position = _inside(document, path, column) or position
    return Problem(position, document.subject, field_path(path), message)


def _inside(document: Document, path: Path, column: int) -> Position | None:
    node = document.find(path)
    return position_within(document, node, column) if isinstance(node, Scalar) else None


def field_path(path: Path) -> str:
    """The path as users write it: `spec.ingress[0].action`; keys with dots or slashes in brackets."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier():
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]"
    return text


def _paths_of(root: Node, notes: list[Note]) -> Iterator[Path]:
    """The paths to the nodes of notes, in one walk, and only when there is something to say.

    A node within an anchored one stands in several places; notes come in the order of the document.
    """
    wanted = {id(note.node) for note in notes}
    places: dict[int, list[_Step]] = {node: [] for node in wanted}
    stack: list[tuple[Node, _Step]] = [(root, None)] if notes else []
    while stack:
        node, way = stack.pop()
        if id(node) in wanted:
            places[id(node)].append(way)
        stack.extend(reversed([(part, (step, way)) for step, part in _parts(node)]))
    for note in notes:
        ways = places[id(note.node)]
        yield _unrolled(ways.pop(0) if len(ways) > 1 else ways[0])


_Step = tuple["str | int", Any] | None
"""The last step of a path, and the one before it: cheap to extend at any depth."""


def _unrolled(way: _Step) -> Path:
    steps: list[str | int] = []
    while way:
        step, way = way
        steps.append(step)
    return tuple(reversed(steps))


def _parts(node: Node) -> Iterator[tuple[str | int, Node]]:
    if isinstance(node, Mapping):
        yield from ((name, part) for name, (_, part) in node.entries.items())
    elif isinstance(node, Sequence):
        yield from enumerate(node.items)
