"""Lists as Calico 3 and Kubernetes write them, taken apart: `GlobalNetworkPolicyList`, `List`."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.errors import Problem
from calicoctl.manifest.documents import Document, not_a_resource_message
from calicoctl.manifest.nodes import MappingNode, Node, ScalarNode, SequenceNode

V3_GROUP = "projectcalico.org/"
_LIST_SUFFIX = "List"
_MAX_DEPTH = 20
"""So deep lists may stand within lists."""


def is_v3(document: Document) -> bool:
    """Whether a document is a resource or a list of Calico v3, or a list that holds one."""
    if _field_text(document, "apiVersion").startswith(V3_GROUP):
        return True
    return _field_text(document, "kind") == _LIST_SUFFIX and any(
        is_v3(document_item) for document_item in flatten_list(document, [])
    )


def flatten_list(document: Document, problems: list[Problem], depth: int = 0) -> Iterator[Document]:
    """The resources of a list, or the document itself when it is none; what is no resource is a problem.

    The kind and the apiVersion of items that have none are those that the list names.
    """
    kind = _field_text(document, "kind")
    items = document.node.get("items")
    if not _is_list(document) or depth > _MAX_DEPTH:
        yield document
    elif isinstance(items, SequenceNode):
        for item in items.items:
            if isinstance(item, MappingNode):
                item_document = Document(
                    document.source, item if kind == _LIST_SUFFIX else _with_list_kind(item, document.node)
                )
                yield from flatten_list(item_document, problems, depth + 1)
            else:
                problems.append(Problem(document.position(item), "", "", not_a_resource_message(item)))
    elif items is not None and not (isinstance(items, ScalarNode) and items.is_null):
        problems.append(Problem(document.position(items), document.subject, "items", "items has to be a list"))


def _is_list(document: Document) -> bool:
    kind, version = _field_text(document, "kind"), _field_text(document, "apiVersion")
    return kind == _LIST_SUFFIX if not version.startswith(V3_GROUP) else kind.endswith(_LIST_SUFFIX)


def _with_list_kind(item: MappingNode, typed_list: MappingNode) -> MappingNode:
    """The item of a typed list with kind and apiVersion, which it may leave to the list."""
    missing = {name: typed_list.entries[name] for name in ("kind", "apiVersion") if name not in item.entries}
    if not missing:
        return item
    completed = MappingNode(item.line, item.column)
    if "kind" in missing:
        key, list_kind = missing["kind"]
        assert isinstance(list_kind, ScalarNode)  # noqa: S101 - its text has ended with List
        missing["kind"] = (
            key,
            ScalarNode(list_kind.text.removesuffix(_LIST_SUFFIX), list_kind.tag, item.line, item.column),
        )
    completed.entries = {**missing, **item.entries}
    completed.size = item.size + len(missing)
    return completed


def _field_text(document: Document, field: str) -> str:
    node: Node | None = document.node.get(field)
    return node.text if isinstance(node, ScalarNode) else ""
