"""Documents to resources, or to everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from calicoctl.errors import Position, Problem
from calicoctl.findings import AMBIGUOUS, DOCUMENT, MISLEADING, SCHEMA, SEMANTICS
from calicoctl.kinds import KINDS, Kind
from calicoctl.manifest import Document
from calicoctl.manifest.documents import Path
from calicoctl.manifest.nodes import Mapping, Node, Scalar, Sequence
from calicoctl.manifest.pointing import position_within
from calicoctl.resource import API_VERSION, Identifier, Located
from calicoctl.schema.coerce import Coercer, Note, coercer
from calicoctl.schema.explain import Explained, explain
from calicoctl.schema.formats import FORMATS
from calicoctl.schema.store import schema_of
from calicoctl.schema.suggestion import suggestion


@dataclass
class Validated:
    """The resources of valid documents with their places, and what there is to say about all of them."""

    located: list[Located] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


class _Checks(NamedTuple):
    """What a document of one kind goes through."""

    coerce: Coercer
    is_valid: Any


@lru_cache
def _checks(kind: str) -> _Checks:
    from jsonschema_rs import Draft202012Validator

    schema = schema_of(kind)
    formats = {name: (lambda text, check=check: check(text) is None) for name, check in FORMATS.items()}
    validator = Draft202012Validator(schema, formats=formats, validate_formats=True)
    return _Checks(coercer(schema), validator.is_valid)


def validate(documents: Iterable[Document], *, make_names: bool = False, only_check: bool = False) -> Validated:
    """Validate every document; all problems of all documents are found in one go.

    With `make_names` a resource of a kind that allows it gets a name when it has none. With `only_check` resources
    are not brought into their normal form: what is located has its identity only, which is a third quicker.
    """
    result = Validated()
    for document in documents:
        _validate(document, result, make_names=make_names, only_check=only_check)
    return result


def _validate(document: Document, result: Validated, *, make_names: bool, only_check: bool) -> None:
    kind = _kind_of(document, result.problems)
    if kind is None:
        return
    checks = _checks(kind.name)
    notes: list[Note] = []
    value = checks.coerce(document.node, notes)
    if make_names and kind.new_name and isinstance(value.get("metadata"), dict):
        value["metadata"].setdefault("name", kind.new_name())
    before = len(result.problems)
    for note, path in zip(notes, _paths_of(document.node, notes), strict=True):
        problem = _problem(document, Explained(path, note.message, code=AMBIGUOUS if note.warning else SCHEMA))
        (result.warnings if note.warning else result.problems).append(problem)
    result.problems.extend(_refusals(document, kind, value))
    if len(result.problems) == before:
        result.located.append(_located(document, kind, value, result.warnings, only_check=only_check))


def _located(
    document: Document, kind: Kind, value: dict[str, Any], warnings: list[Problem], *, only_check: bool
) -> Located:
    """The resource of a valid document, or only its identity."""
    metadata, position = value["metadata"], document.position(document.node)
    if only_check and kind.warn is None:
        return Located(_identifier(kind, metadata), position)
    resource = kind.resource(*kind.normal(value))
    if kind.warn is not None:
        explained = (Explained(*finding, code=MISLEADING) for finding in kind.warn(resource))
        warnings.extend(_problem(document, each) for each in explained)
    return Located(resource.identifier, position, resource, _revision(metadata))


def _refusals(document: Document, kind: Kind, value: dict[str, Any]) -> Iterator[Problem]:
    """What the schema refuses, and what the kind's own check refuses beside that."""
    refused: set[Path] = set()
    if not _checks(kind.name).is_valid(value):
        for each in explain(schema_of(kind.name), value):
            refused.add(each.path)
            yield _problem(document, each)
    for path, message in kind.check(value):
        if path not in refused:
            yield _problem(document, Explained(path, message, code=SEMANTICS))


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
            place = document.position(document.node)
            result.located.append(Located(_identifier(kind, value), place, revision=_revision(value)))
    return result


def _identifier(kind: Kind, metadata: dict[str, Any]) -> Identifier:
    """What names the resource with this metadata, which need not be in normal form."""
    named = {name: metadata[name] for name in kind.identified_by if name in metadata}
    return kind.identifier({name: kind.normal_values.get(name, str)(text) for name, text in named.items()})


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
    explained = [Explained(("metadata", *each.path), each.message) for each in explain(wanted, value)]
    explained += [Explained(*finding, code=SEMANTICS) for finding in kind.check({"metadata": value})]
    return value, [_problem(document, each) for each in explained]


_REVISION = "resourceVersion"


def _revision(metadata: dict[str, Any]) -> int | None:
    return int(metadata[_REVISION]) if _REVISION in metadata else None


def _kind_of(document: Document, problems: list[Problem]) -> Kind | None:
    """The kind that a document names. Without one nothing more can be said about it."""
    node, version = document.node.get("kind"), document.node.get("apiVersion")
    written = node.text if isinstance(node, Scalar) else ""
    if isinstance(version, Scalar) and "/" in version.text:
        message = f"{version.text!r} is not Calico v1 (this tool takes apiVersion: {API_VERSION})"
        problems.append(_problem(document, Explained(("apiVersion",), message, code=DOCUMENT)))
        return None
    for kind in KINDS:
        if kind.name == written:
            return kind
    names = [kind.name for kind in KINDS]
    if lookalike := next((key for key in document.node.entries if key.lower() == "kind" != key), None):
        message = f"unknown field '{lookalike}' (write kind)"
        problems.append(_problem(document, Explained((lookalike,), message, at_key=True, code=DOCUMENT)))
        return None
    if written:
        message = f"unknown kind {written!r}" + (suggestion(written, names) or f" (kinds are {', '.join(names)})")
    else:
        message = f"'kind' is missing (kinds are {', '.join(names)})"
    problems.append(_problem(document, Explained(("kind",), message, code=DOCUMENT)))
    return None


def _problem(document: Document, explained: Explained) -> Problem:
    path, message, at_key, column, code = explained
    position = document.locate(path, key=at_key)
    if column is not None:
        position = _inside(document, path, column) or position
    return Problem(position, document.subject, field_path(path), message, code)


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
