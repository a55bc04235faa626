"""Where fields stand in documents that are not kept: their texts are read once more when somebody asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from calicoctl.errors import Position
from calicoctl.manifest.documents import Document, Path, load
from calicoctl.manifest.sources import Source


class LazyPositions:
    """The places in a manifest. Keeps its texts, of which the documents would take thirty times the room."""

    def __init__(self, sources: Sequence[Source], kinds: Collection[str]) -> None:
        self._sources, self._kinds = sources, kinds

    def locate_field(self, document: Position | None, path: Path) -> Position:
        """Where a field stands of the document that begins at a place; that place when there is none."""
        stored_document = self._documents.get(document)
        return stored_document.locate_field(path) if stored_document else document or Position("-")

    @cached_property
    def _documents(self) -> Mapping[Position | None, Document]:
        documents = load(self._sources, self._kinds).documents
        return {document.position(document.node): document for document in documents}
