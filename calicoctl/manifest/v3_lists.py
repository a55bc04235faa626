"""Lists of Calico v3 and Kubernetes: `GlobalNetworkPolicyList`, `List`."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.errors import Problem
from calicoctl.manifest.document import Document
from calicoctl.manifest.documents import not_a_resource_message
from calicoctl.manifest.nodes import MappingNode, ScalarNode, SequenceNode, is_null

V3_GROUP = "projectcalico.org/"
_LIST_SUFFIX = "List"
_MAX_DEPTH = 20
"""Maximum depth of nested lists."""


def is_v3(document: Document) -> bool:
    """Whether a document is a resource or a list of Calico v3, or a list that contains one."""
    if document.node.get_text("apiVersion").startswith(V3_GROUP):
        return True
    return document.node.get_text("kind") == _LIST_SUFFIX and any(
        is_v3(document_item) for document_item in flatten_list(document, [])
    )


def flatten_list(document: Document, problems: list[Problem], depth: int = 0) -> Iterator[Document]:
    """Yield the resources of a list, or the document if it is not a list; report items that are not resources.

    Items without kind or apiVersion inherit these from the list.
    """
    kind = document.node.get_text("kind")
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
    elif items is not None and not is_null(items):
        problems.append(Problem(document.position(items), document.subject, "items", "items must be a list"))


def _is_list(document: Document) -> bool:
    kind, version = document.node.get_text("kind"), document.node.get_text("apiVersion")
    return kind == _LIST_SUFFIX if not version.startswith(V3_GROUP) else kind.endswith(_LIST_SUFFIX)


def _with_list_kind(item: MappingNode, typed_list: MappingNode) -> MappingNode:
    """Return the item of a typed list with kind and apiVersion."""
    missing = {name: typed_list.entries[name] for name in ("kind", "apiVersion") if name not in item.entries}
    if not missing:
        return item
    completed = MappingNode(item.line, item.column)
    if "kind" in missing:
        key, list_kind = missing["kind"]
        assert isinstance(list_kind, ScalarNode)  # noqa: S101 - for mypy: its text ends with List
        missing["kind"] = (
            key,
            ScalarNode(list_kind.text.removesuffix(_LIST_SUFFIX), list_kind.tag, item.line, item.column),
        )
    completed.entries = {**missing, **item.entries}
    return completed
