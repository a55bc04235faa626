"""Lists as Calico 3 and Kubernetes write them, taken apart: `GlobalNetworkPolicyList`, `List`."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.errors import Problem
from calicoctl.manifest.documents import Document, not_a_resource
from calicoctl.manifest.nodes import Mapping, Node, Scalar, Sequence

V3_GROUP = "projectcalico.org/"
_LIST = "List"
_DEPTH = 20
"""So deep lists may stand within lists."""


def is_v3(document: Document) -> bool:
    """Whether a document is a resource or a list of Calico v3, or a list that holds one."""
    if _text(document, "apiVersion").startswith(V3_GROUP):
        return True
    return _text(document, "kind") == _LIST and any(is_v3(member) for member in members(document, []))


def members(document: Document, problems: list[Problem], depth: int = 0) -> Iterator[Document]:
    """The resources of a list, or the document itself when it is none; what is no resource is a problem.

    The kind and the apiVersion of items that have none are those that the list names.
    """
    kind = _text(document, "kind")
    items = document.node.get("items")
    if not _is_list(document) or depth > _DEPTH:
        yield document
    elif isinstance(items, Sequence):
        for item in items.items:
            if isinstance(item, Mapping):
                member = Document(document.source, item if kind == _LIST else _named(item, document.node))
                yield from members(member, problems, depth + 1)
            else:
                problems.append(Problem(document.position(item), "", "", not_a_resource(item)))
    elif items is not None and not (isinstance(items, Scalar) and items.is_null):
        problems.append(Problem(document.position(items), document.subject, "items", "items has to be a list"))


def _is_list(document: Document) -> bool:
    kind, version = _text(document, "kind"), _text(document, "apiVersion")
    return kind == _LIST if not version.startswith(V3_GROUP) else kind.endswith(_LIST)


def _named(item: Mapping, of: Mapping) -> Mapping:
    """The item of a typed list with kind and apiVersion, which it may leave to the list."""
    missing = {name: of.entries[name] for name in ("kind", "apiVersion") if name not in item.entries}
    if not missing:
        return item
    named = Mapping(item.line, item.column)
    if "kind" in missing:
        key, written = missing["kind"]
        assert isinstance(written, Scalar)  # noqa: S101 - its text has ended with List
        missing["kind"] = (key, Scalar(written.text.removesuffix(_LIST), written.tag, item.line, item.column))
    named.entries = {**missing, **item.entries}
    named.size = item.size + len(missing)
    return named


def _text(document: Document, field: str) -> str:
    node: Node | None = document.node.get(field)
    return node.text if isinstance(node, Scalar) else ""
