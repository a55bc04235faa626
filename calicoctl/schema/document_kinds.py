"""Kinds of documents with a schema: resources, policy tests and stored objects."""

from __future__ import annotations

from calicoctl.kinds import KINDS
from calicoctl.manifest.policy_tests import POLICY_TEST
from calicoctl.manifest.stored_objects import STORED_OBJECT

DOCUMENT_KINDS = (*(kind.name for kind in KINDS), POLICY_TEST, STORED_OBJECT)
