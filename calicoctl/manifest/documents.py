"""Node trees to documents: one resource each, out of single resources, lists and typed lists in any mix."""

from __future__ import annotations

import gc
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from calicoctl.errors import Position, Problem
from calicoctl.findings import DOCUMENT, UNREADABLE, YAML
from calicoctl.manifest.compose import Finding
from calicoctl.manifest.nodes import Mapping, Node, Scalar, Sequence
from calicoctl.manifest.sources import Source

Path = tuple["str | int", ...]
"""The way to a field: keys of mappings and indexes of sequences."""

_YAML_BREAKS = re.compile("[\x85\u2028\u2029]")
_LIST_FIELDS = ("apiVersion", "kind", "metadata", "items")


@dataclass(frozen=True)
class Document:
    """One resource as it stands in a manifest."""

    source: Source
    node: Mapping

    @property
    def subject(self) -> str:
        """How problems name the resource: `kind/name`, with `?` for what is missing."""
        return _subject(self.node)

    def locate(self, path: Path, *, key: bool = False) -> Position:
        """Where the field at `path` stands, or where its key does.

        A missing field is looked for at its parent, anything within an alias at the alias.
        """
        node: Node = self.node
        for depth, step in enumerate(path):
            entry = _step(node, step)
            if entry is None or node.alias:
                break
            if key and depth == len(path) - 1 and entry[0] is not None:
                return self.position(entry[0])
            node = entry[1]
        return self.position(node)

    def position(self, node: Node) -> Position:
        """Where a node of this document stands."""
        return self.source.position(node.line, node.column)

    def find(self, path: Path) -> Node | None:
        """The node at `path`, or None when there is none."""
        node: Node = self.node
        for step in path:
            entry = _step(node, step)
            if entry is None:
                return None
            node = entry[1]
        return node


def _step(node: Node, step: str | int) -> tuple[Scalar | None, Node] | None:
    if isinstance(node, Mapping) and isinstance(step, str):
        return node.entries.get(step)
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
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
    with _collector_paused():
        for source in sources:
            _load_source(source, kinds, manifest)
    return manifest


@contextmanager
def _collector_paused() -> Iterator[None]:
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
    found: list[Finding] = []
    roots = _read(source, found)
    return roots, [Problem(source.position(line, column), message=message) for line, column, message, _ in found]


def _load_source(source: Source, kinds: Collection[str], manifest: Manifest) -> None:
    found: list[Finding] = []
    roots = _read(source, found)
    syntax = len(found)
    first = len(manifest.documents)
    for root in roots:
        manifest.documents.extend(_flatten(root, source, kinds, found))
    documents = manifest.documents[first:]
    if not documents and not found:
        problem = Problem(Position(source.name), message="no resource in this manifest", code=UNREADABLE)
        manifest.problems.append(problem)
    starts = [(document.node.line, document.node.column) for document in documents]
    for index, (line, column, message, fatal) in enumerate(found):
        code = YAML if index < syntax else DOCUMENT
        within = 0 if fatal or code is DOCUMENT else bisect_right(starts, (line, column))
        subject = documents[within - 1].subject if within else ""
        manifest.problems.append(Problem(source.position(line, column), subject, "", message, code))


def _read(source: Source, found: list[Finding]) -> list[Node]:
    """Read with the reader that fits; what the other one takes is fine too, else the first one's words count."""
    from calicoctl.manifest.jsonreader import read_json
    from calicoctl.manifest.yamlreader import read_yaml

    readers = [read_yaml]
    if source.name.endswith(".json"):
        readers.insert(0, read_json)
    elif source.text.lstrip()[:1] in {"{", "["}:
        # YAML folds what it takes for line breaks; in JSON these are characters like any other.
        readers.insert(0 if _YAML_BREAKS.search(source.text) else 1, read_json)
    outcomes = []
    for reader in readers:
        problems: list[Finding] = []
        roots = reader(source.text, problems.append)
        if not problems:
            return roots
        outcomes.append((roots, problems))
    roots, problems = outcomes[0]
    found.extend(problems)
    return roots


def _flatten(root: Node, source: Source, kinds: Collection[str], found: list[Finding]) -> Iterator[Document]:
    """The resources of one YAML document: itself, or those of its list, or of the typed lists in it."""
    items = root.items if isinstance(root, Sequence) else [root]
    for item in items:
        if isinstance(item, Mapping):
            kind = _text(item.get("kind"))
            if kind.endswith("List") and kind[:-4] in kinds:
                yield from _typed_list(item, kind[:-4], source, found)
            else:
                yield Document(source, item)
        elif root is not item or not (isinstance(item, Scalar) and item.is_null):
            found.append(Finding(item.line, item.column, not_a_resource(item)))


def _typed_list(node: Mapping, kind: str, source: Source, found: list[Finding]) -> Iterator[Document]:
    """The items of a `policyList` or the like; each has to be of the kind that the list names."""
    _check_list(node, kind, found)
    items = node.get("items")
    list_line = node.entries["kind"][1].line + 1
    for item in items.items if isinstance(items, Sequence) else ():
        if not isinstance(item, Mapping):
            found.append(Finding(item.line, item.column, not_a_resource(item)))
            continue
        if (item_kind := _text(item.get("kind"))) != kind:
            at = item.get("kind") or item
            what = f"kind {item_kind!r}" if item_kind else "an item without kind"
            message = f"{what} in the {kind}List of line {list_line} (write kind: {kind})"
            found.append(Finding(at.line, at.column, message))
        else:
            yield Document(source, item)


def _check_list(node: Mapping, kind: str, found: list[Finding]) -> None:
    """What is wrong with the list itself. Without items it is empty."""
    for name, (key, _) in node.entries.items():
        if name not in _LIST_FIELDS:
            message = f"unknown field {name!r} (a list has kind, apiVersion and items)"
            found.append(Finding(key.line, key.column, message))
    if _text(node.get("apiVersion")) != "v1":
        found.append(Finding(node.line, node.column, f"apiVersion of the {kind}List has to be v1"))
    items = node.get("items")
    if not isinstance(items, Sequence) and not (items is None or (isinstance(items, Scalar) and items.is_null)):
        found.append(Finding(items.line, items.column, "items has to be a list"))


def not_a_resource(node: Node) -> str:
    """What to say of a node that stands where a resource belongs."""
    if isinstance(node, Scalar):
        return "expected a resource, found " + ("nothing" if node.is_null else f"the text {node.text[:40]!r}")
    return "expected a resource, found a list"


def _subject(node: Mapping) -> str:
    metadata = node.get("metadata")
    name = _text(metadata.get("name")) if isinstance(metadata, Mapping) else ""
    return _in_one_line(f"{_text(node.get('kind')) or '?'}/{name or '?'}")


def _in_one_line(text: str) -> str:
    return text if text.isprintable() else repr(text)[1:-1]


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) and not node.is_null else ""
