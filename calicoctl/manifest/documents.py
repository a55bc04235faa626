"""Documents: one for each resource of a manifest, from single resources, lists and typed lists."""

from __future__ import annotations

import gc
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field

from calicoctl.errors import Position, Problem
from calicoctl.findings import DOCUMENT, UNREADABLE, YAML
from calicoctl.lazy_dataclass import dataclass
from calicoctl.manifest.compose import ParseProblem
from calicoctl.manifest.document import Document
from calicoctl.manifest.draft_reader import read_drafts
from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode, SequenceNode, is_null
from calicoctl.manifest.sources import Source

_YAML_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")
_LIST_FIELDS = ("apiVersion", "kind", "metadata", "items")
_MAX_LIST_DEPTH = 20
"""Maximum depth of lists of kind List in each other."""


@dataclass
class Manifest:
    """Documents of all sources in order, and problems of the sources."""

    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def load(sources: Iterable[Source], kinds: Collection[str], *, drafts: bool = False) -> Manifest:
    """Parse all sources.

    Blank documents are skipped. A source without a resource is a problem. `kinds` are those with typed lists:
    `policyList` for `policy`. With `drafts`, documents may be drafts, see `draft_reader`.

    Raises:
        PositionRequiredError: a draft does not suffice.
    """
    manifest = Manifest()
    with _gc_disabled():
        for source in sources:
            _load_source(source, kinds, manifest, drafts=drafts)
    return manifest


@contextmanager
def _gc_disabled() -> Iterator[None]:
    """Disable the garbage collector: its traversal of the growing tree takes as long as building it (measured)."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read_nodes(source: Source) -> tuple[list[Node], list[Problem]]:
    """Return the node trees of a source and its syntax problems."""
    parse_problems: list[ParseProblem] = []
    roots = _read_roots(source, parse_problems)
    return roots, [
        Problem(source.position(line, column), message=message) for line, column, message, _ in parse_problems
    ]


def _load_source(source: Source, kinds: Collection[str], manifest: Manifest, *, drafts: bool) -> None:
    parse_problems: list[ParseProblem] = []
    roots = (read_drafts(source.text) if drafts else None) or _read_roots(source, parse_problems)
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
    """Parse with the likely parser, then with the other; if both fail, return the problems of the first."""
    from calicoctl.manifest.json_reader import read_json
    from calicoctl.manifest.yaml_reader import read_yaml

    readers = [read_yaml]
    if source.name.endswith(".json"):
        readers.insert(0, read_json)
    elif source.text.lstrip()[:1] in {"{", "["}:
        # YAML folds these line breaks; in JSON they are ordinary characters.
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
    """Yield the resources of one YAML document: the document, or the items of its lists and typed lists."""
    items = root.items if isinstance(root, SequenceNode) else [root]
    for item in items:
        if isinstance(item, MappingNode):
            yield from _resources_in(item, source, kinds, parse_problems)
        elif root is not item or not is_null(item):
            parse_problems.append(ParseProblem(item.line, item.column, not_a_resource_message(item)))


def _resources_in(
    node: MappingNode, source: Source, kinds: Collection[str], parse_problems: list[ParseProblem], depth: int = 0
) -> Iterator[Document]:
    """Yield the resource of a mapping, or the items of the list that it is."""
    kind = node.get_text("kind")
    if kind.endswith("List") and kind[:-4] in kinds:
        yield from _typed_list_items(node, kind[:-4], source, parse_problems)
    elif kind == "List" and "/" not in node.get_text("apiVersion") and depth < _MAX_LIST_DEPTH:
        _check_list(node, "", parse_problems)
        items = node.get("items")
        for item in items.items if isinstance(items, SequenceNode) else ():
            if isinstance(item, MappingNode):
                yield from _resources_in(item, source, kinds, parse_problems, depth + 1)
            else:
                parse_problems.append(ParseProblem(item.line, item.column, not_a_resource_message(item)))
    else:
        yield Document(source, node)


def _typed_list_items(
    node: MappingNode, kind: str, source: Source, parse_problems: list[ParseProblem]
) -> Iterator[Document]:
    """Yield the items of a typed list; report items of another kind."""
    _check_list(node, kind, parse_problems)
    items = node.get("items")
    list_line = node.entries["kind"][1].line + 1
    for item in items.items if isinstance(items, SequenceNode) else ():
        if not isinstance(item, MappingNode):
            parse_problems.append(ParseProblem(item.line, item.column, not_a_resource_message(item)))
            continue
        if (item_kind := item.get_text("kind")) != kind:
            wrong_node = item.get("kind") or item
            description = f"kind {item_kind!r}" if item_kind else "an item without kind"
            message = f"{description} in the {kind}List of line {list_line} (write kind: {kind})"
            parse_problems.append(ParseProblem(wrong_node.line, wrong_node.column, message))
        else:
            yield Document(source, item)


def _check_list(node: MappingNode, kind: str, parse_problems: list[ParseProblem]) -> None:
    """Report problems of the fields of a list. Missing items are valid."""
    for name, (key, _) in node.entries.items():
        if name not in _LIST_FIELDS:
            message = f"unknown field {name!r} (a list has kind, apiVersion and items)"
            parse_problems.append(ParseProblem(key.line, key.column, message))
    if node.get_text("apiVersion") != "v1":
        parse_problems.append(ParseProblem(node.line, node.column, f"apiVersion of the {kind}List must be v1"))
    items = node.get("items")
    if not (items is None or isinstance(items, SequenceNode) or is_null(items)):
        parse_problems.append(ParseProblem(items.line, items.column, "items must be a list"))


def not_a_resource_message(node: Node) -> str:
    """Return the message for a node that is not a resource."""
    if isinstance(node, ScalarNode):
        return "expected a resource, found " + ("nothing" if node.is_null else f"the text {node.text[:40]!r}")
    return "expected a resource, found a list"
