"""Documents to resources, or to everything that is wrong with them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

from calicoctl.errors import Problem
from calicoctl.findings import AMBIGUOUS, DOCUMENT, MISLEADING, SCHEMA, SEMANTICS
from calicoctl.kinds import KINDS, Kind
from calicoctl.manifest import Document
from calicoctl.manifest.documents import Path
from calicoctl.manifest.lists import is_v3
from calicoctl.manifest.nodes import Scalar
from calicoctl.manifest.policytests import POLICY_TEST, is_policy_test, refusal
from calicoctl.resource import API_VERSION, Identifier, Located
from calicoctl.schema.coerce import Coercer, Note, coercer
from calicoctl.schema.explain import Explained, explain
from calicoctl.schema.formats import FORMATS
from calicoctl.schema.placing import paths_of, problem_in
from calicoctl.schema.store import Schema, schema_of
from calicoctl.schema.suggestion import suggestion


@dataclass
class Validated:
    """The resources of valid documents with their places, and what there is to say about all of them."""

    located: list[Located] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    @staticmethod
    def of_parts(parts: Iterable[Validated]) -> Validated:
        """What was found in parts of the documents, together."""
        whole = Validated()
        for part in parts:
            whole.located += part.located
            whole.problems += part.problems
            whole.warnings += part.warnings
        return whole

    def note(self, document: Document, notes: list[Note]) -> None:
        """Add what there was to say about the scalars of a document."""
        for note, path in zip(notes, paths_of(document.node, notes), strict=True):
            problem = problem_in(document, Explained(path, note.message, code=AMBIGUOUS if note.warning else SCHEMA))
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


def validate(
    documents: Iterable[Document], *, make_names: bool = False, only_check: bool = False, with_places: bool = False
) -> Validated:
    """Validate every document; all problems of all documents are found in one go.

    With `make_names` a resource of a kind that allows it gets a name when it has none. With `only_check` resources
    are not brought into their normal form: what is located has its identity only, which is a third quicker. With
    `with_places` what is found can tell where each of its fields stands.
    """
    result = Validated()
    for document in documents:
        before = len(result.located)
        _validate(document, result, make_names=make_names, only_check=only_check)
        if with_places:
            result.located[before:] = [replace(item, locate=document.locate) for item in result.located[before:]]
    return result


def _validate(document: Document, result: Validated, *, make_names: bool, only_check: bool) -> None:
    kind = _kind_of(document, result.problems)
    if kind is None:
        return
    notes: list[Note] = []
    value = checks_of(kind.name).coerce(document.node, notes)
    if make_names and kind.new_name and isinstance(value.get("metadata"), dict):
        value["metadata"].setdefault("name", kind.new_name())
    before = len(result.problems)
    result.note(document, notes)
    result.problems.extend(problem_in(document, refused) for refused in refusals(kind, value))
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
        warnings.extend(problem_in(document, Explained(*finding, code=MISLEADING)) for finding in kind.warn(resource))
    return Located(resource.identifier, position, resource, _revision(metadata))


def refusals(kind: Kind, value: dict[str, Any]) -> Iterator[Explained]:
    """What the schema refuses of a manifest, and what the kind's own check refuses beside that."""
    refused: set[Path] = set()
    for mistake in checks_of(kind.name).mistakes(value):
        refused.add(mistake.path)
        yield mistake
    for path, message in kind.check(value):
        if path not in refused:
            yield Explained(path, message, code=SEMANTICS)


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
    problems = [
        problem_in(document, Explained(("metadata", *each.path), each.message)) for each in explain(wanted, value)
    ]
    problems += [
        problem_in(document, Explained(path, message, code=SEMANTICS))
        for path, message in kind.check({"metadata": value})
    ]
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
        problems.append(
            Problem(place, document.subject, "", f"is a Calico v3 manifest (convert it: {command})", DOCUMENT)
        )
        return None
    if is_policy_test(document):
        problems.append(refusal(document))
        return None
    if isinstance(version, Scalar) and "/" in version.text:
        message = f"{version.text!r} is not Calico v1 (this tool takes apiVersion: {API_VERSION})"
        problems.append(problem_in(document, Explained(("apiVersion",), message, code=DOCUMENT)))
        return None
    for kind in KINDS:
        if kind.name == written:
            return kind
    names = [kind.name for kind in KINDS]
    if lookalike := next((key for key in document.node.entries if key.lower() == "kind" != key), None):
        problems.append(
            problem_in(
                document, Explained((lookalike,), f"unknown field '{lookalike}' (write kind)", True, code=DOCUMENT)
            )
        )
        return None
    if written:
        message = f"unknown kind {written!r}" + (
            suggestion(written, (*names, POLICY_TEST)) or f" (kinds are {', '.join(names)})"
        )
    else:
        message = f"'kind' is missing (kinds are {', '.join(names)})"
    problems.append(problem_in(document, Explained(("kind",), message, code=DOCUMENT)))
    return None
