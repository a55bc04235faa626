"""Node trees to documents: one resource each, out of single resources, lists and typed lists in any mix."""

from __future__ import annotations

import gc
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from calicoctl.errors import Position, Problem
from calicoctl.escape import escape_unprintable
from calicoctl.findings import DOCUMENT, UNREADABLE, YAML
from calicoctl.manifest.compose import ParseProblem
from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode, SequenceNode
from calicoctl.manifest.sources import Source

Path = tuple["str | int", ...]
"""The way to a field: keys of mappings and indexes of sequences."""

_YAML_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")
_LIST_FIELDS = ("apiVersion", "kind", "metadata", "items")


@dataclass(frozen=True)
class Document:
    """One resource as it stands in a manifest."""

    source: Source
    node: MappingNode

    @property
    def subject(self) -> str:
        """How problems name the resource: `kind/name`, with `?` for what is missing."""
        return _subject_name(self.node)

    def locate_field(self, path: Path, *, key: bool = False) -> Position:
        """Where the field at `path` stands, or where its key does.

        A missing field is looked for at its parent, anything within an alias at the alias.
        """
        node: Node = self.node
        for depth, step in enumerate(path):
            entry = _child(node, step)
            if entry is None or node.alias:
                break
            if key and depth == len(path) - 1 and entry[0] is not None:
                return self.position(entry[0])
            node = entry[1]
        return self.position(node)

    def position(self, node: Node) -> Position:
        """Where a node of this document stands."""
        return self.source.position(node.line, node.column)

    def find_node(self, path: Path) -> Node | None:
        """The node at `path`, or None when there is none."""
        node: Node = self.node
        for step in path:
            entry = _child(node, step)
            if entry is None:
                return None
            node = entry[1]
        return node


def _child(node: Node, step: str | int) -> tuple[ScalarNode | None, Node] | None:
    if isinstance(node, MappingNode) and isinstance(step, str):
        return node.entries.get(step)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
        return None, node.items[step]
    return None


@dataclass
class Manifest:
    """The documents of all sources, in their order, and what is wrong with the sources as such."""

    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def load(sources: Iterable[Source], kinds: Collection[str]) -> Manifest:
    """Read the documents of all sources. `kinds` are the kinds that have typed lists: `policy` has `policyList`.

    Blank documents are skipped; a source without any resource is a problem.
    """
    manifest = Manifest()
    with _gc_disabled():
        for source in sources:
            _load_source(source, kinds, manifest)
    return manifest


@contextmanager
def _gc_disabled() -> Iterator[None]:
    """Keep the garbage collector out: walking the growing tree takes it as long as building does (measured)."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read_nodes(source: Source) -> tuple[list[Node], list[Problem]]:
    """The node trees of a source, whatever they mean, and what is wrong with it."""
    parse_problems: list[ParseProblem] = []
    roots = _read_roots(source, parse_problems)
    return roots, [
        Problem(source.position(line, column), message=message) for line, column, message, _ in parse_problems
    ]


def _load_source(source: Source, kinds: Collection[str], manifest: Manifest) -> None:
    parse_problems: list[ParseProblem] = []
    roots = _read_roots(source, parse_problems)
    syntax_count = len(parse_problems)
    first_index = len(manifest.documents)
    for root in roots:
        manifest.documents.extend(_flatten(root, source, kinds, parse_problems))
    documents = manifest.documents[first_index:]
    if not documents and not parse_problems:
        problem = Problem(Position(source.name), message="no resource in this manifest", code=UNREADABLE)
        manifest.problems.append(problem)
    starts = [(document.node.line, document.node.column) for document in documents]
    for index, (line, column, message, fatal) in enumerate(parse_problems):
        code = YAML if index < syntax_count else DOCUMENT
        document_number = 0 if fatal or code is DOCUMENT else bisect_right(starts, (line, column))
        subject = documents[document_number - 1].subject if document_number else ""
        manifest.problems.append(Problem(source.position(line, column), subject, "", message, code))


def _read_roots(source: Source, parse_problems: list[ParseProblem]) -> list[Node]:
    """Read with the reader that fits; what the other one takes is fine too, else the first one's words count."""
    from calicoctl.manifest.json_reader import read_json
    from calicoctl.manifest.yaml_reader import read_yaml

    readers = [read_yaml]
    if source.name.endswith(".json"):
        readers.insert(0, read_json)
    elif source.text.lstrip()[:1] in {"{", "["}:
        # YAML folds what it takes for line breaks; in JSON these are characters like any other.
        readers.insert(0 if _YAML_LINE_BREAKS.search(source.text) else 1, read_json)
    attempts = []
    for reader in readers:
        problems: list[ParseProblem] = []
        roots = reader(source.text, problems.append)
        if not problems:
            return roots
        attempts.append((roots, problems))
    roots, problems = attempts[0]
    parse_problems.extend(problems)
    return roots


def _flatten(
    root: Node, source: Source, kinds: Collection[str], parse_problems: list[ParseProblem]
) -> Iterator[Document]:
    """The resources of one YAML document: itself, or those of its list, or of the typed lists in it."""
    items = root.items if isinstance(root, SequenceNode) else [root]
    for item in items:
        if isinstance(item, MappingNode):
            kind = _scalar_text(item.get("kind"))
            if kind.endswith("List") and kind[:-4] in kinds:
                yield from _typed_list_items(item, kind[:-4], source, parse_problems)
            else:
                yield Document(source, item)
        elif root is not item or not (isinstance(item, ScalarNode) and item.is_null):
            parse_problems.append(ParseProblem(item.line, item.column, not_a_resource_message(item)))


def _typed_list_items(
    node: MappingNode, kind: str, source: Source, parse_problems: list[ParseProblem]
) -> Iterator[Document]:
    """The items of a `policyList` or the like; each has to be of the kind that the list names."""
    _check_list(node, kind, parse_problems)
    items = node.get("items")
    list_line = node.entries["kind"][1].line + 1
    for item in items.items if isinstance(items, SequenceNode) else ():
        if not isinstance(item, MappingNode):
            parse_problems.append(ParseProblem(item.line, item.column, not_a_resource_message(item)))
            continue
        if (item_kind := _scalar_text(item.get("kind"))) != kind:
            culprit = item.get("kind") or item
            description = f"kind {item_kind!r}" if item_kind else "an item without kind"
            message = f"{description} in the {kind}List of line {list_line} (write kind: {kind})"
            parse_problems.append(ParseProblem(culprit.line, culprit.column, message))
        else:
            yield Document(source, item)


def _check_list(node: MappingNode, kind: str, parse_problems: list[ParseProblem]) -> None:
    """What is wrong with the list itself. Without items it is empty."""
    for name, (key, _) in node.entries.items():
        if name not in _LIST_FIELDS:
            message = f"unknown field {name!r} (a list has kind, apiVersion and items)"
            parse_problems.append(ParseProblem(key.line, key.column, message))
    if _scalar_text(node.get("apiVersion")) != "v1":
        parse_problems.append(ParseProblem(node.line, node.column, f"apiVersion of the {kind}List has to be v1"))
    items = node.get("items")
    if not isinstance(items, SequenceNode) and not (items is None or (isinstance(items, ScalarNode) and items.is_null)):
        parse_problems.append(ParseProblem(items.line, items.column, "items has to be a list"))


def not_a_resource_message(node: Node) -> str:
    """What to say of a node that stands where a resource belongs."""
    if isinstance(node, ScalarNode):
        return "expected a resource, found " + ("nothing" if node.is_null else f"the text {node.text[:40]!r}")
    return "expected a resource, found a list"


def _subject_name(node: MappingNode) -> str:
    metadata = node.get("metadata")
    name = _scalar_text(metadata.get("name")) if isinstance(metadata, MappingNode) else ""
    return escape_unprintable(f"{_scalar_text(node.get('kind')) or '?'}/{name or '?'}")


def _scalar_text(node: Node | None) -> str:
    return node.text if isinstance(node, ScalarNode) and not node.is_null else ""
