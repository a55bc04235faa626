"""Documents of kind storedObject among the documents of a manifest."""

from __future__ import annotations

import shlex

from calicoctl.errors import Problem
from calicoctl.findings import DOCUMENT
from calicoctl.manifest.document import Document

STORED_OBJECT = "storedObject"
"""Kind of a document with an object of the datastore that v1 cannot represent."""


def is_stored_object(document: Document) -> bool:
    """Return whether a document is a stored object."""
    return document.node.get_text("kind") == STORED_OBJECT


def stored_object_problem(document: Document) -> Problem:
    """Return the problem of a stored object in a manifest of another command than `import`."""
    position = document.locate_field(("kind",))
    message = f"is not a v1 resource (import it: calicoctl import -f {shlex.quote(document.source.name)})"
    return Problem(position, document.subject, "", message, DOCUMENT)
