"""Text to resources, as every verb reads it."""

from __future__ import annotations

import pytest

from calicoctl.errors import Problem
from calicoctl.kinds import KINDS
from calicoctl.manifest import Source, load
from calicoctl.manifest.documents import Manifest
from calicoctl.resource import Resource
from calicoctl.schema.validate import validate

EVERY_KIND = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])


def parse_documents(text: str, name: str = "-") -> Manifest:
    """The documents of a text."""
    return load([Source(name, text)], [kind.name for kind in KINDS])


def read_resources(text: str, name: str = "-") -> tuple[list[Resource], list[Problem]]:
    """The valid resources of a text, and everything that is wrong with it."""
    manifest = parse_documents(text, name)
    validated = validate(manifest.documents)
    resources = [item.resource for item in validated.resources if item.resource and not item.deferred_problems]
    return resources, [*manifest.problems, *validated.problems]


def read_valid_resources(text: str, name: str = "-") -> list[Resource]:
    """The resources of a text that has nothing wrong with it."""
    resources, problems = read_resources(text, name)
    assert problems == []
    return resources
